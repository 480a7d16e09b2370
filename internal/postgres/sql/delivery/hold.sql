-- Locks planned deliveries that are still as they were read, behind their customers and the limits; what somebody else holds is passed over.
-- $1 delivery ids, $2 their customers, $3 their entered_at, $4 epochs, $5 due_at. Rows: the ids of those that are held now, in no order.
select d.delivery_id
  from (select * from unnest($1::bigint[], $2::bigint[], $3::timestamptz[], $4::int[], $5::timestamptz[]) as t(delivery_id, customer_id, entered_at, epoch, due_at) offset 0) a
  join deliveries d on d.delivery_id = a.delivery_id and d.customer_id = a.customer_id and d.entered_at = a.entered_at
                   and d.state = 'planned' and d.epoch = a.epoch and d.due_at = a.due_at
   for no key update of d skip locked
