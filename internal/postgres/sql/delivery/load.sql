-- What rendering needs of planned deliveries, read without locks; the gate looks again at all that decides.
-- $1 delivery ids, $2 business time (null: now).
select d.delivery_id, u.shop_id, u.first_name, u.last_name, coalesce(u.locale, ''), e.zone,
       count(o.order_id), max(o.placed_at)
  from deliveries d
  join customers u on u.customer_id = d.customer_id
  join enrollments e on e.customer_id = d.customer_id and e.entered_at = d.entered_at and e.enrollment_id = d.enrollment_id
  left join orders o on o.customer_id = d.customer_id and o.placed_at <= coalesce($2::timestamptz, now())
        and (o.unkept_at is null or o.unkept_at > coalesce($2::timestamptz, now()))
 where d.delivery_id = any($1) and d.state = 'planned'
 group by d.delivery_id, u.customer_id, e.zone
