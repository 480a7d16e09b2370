-- Orders of customers of a range up to an instant, oldest first, in one currency. Lines are counted for those placed after $5 only.
-- $1 after this id, $2 up to it, $3 instant, $4 currency, $5 instant.
select o.customer_id, o.order_id, o.placed_at, o.gross_minor, o.refunded_minor <> 0 as refunded, o.unkept_at,
       case when o.placed_at > $5 then (select count(*) from order_lines l where l.order_id = o.order_id)::int else 0 end as lines
  from orders o
 where o.customer_id > $1 and o.customer_id <= $2 and o.placed_at <= $3 and o.currency = $4
 order by o.customer_id, o.placed_at, o.order_id
