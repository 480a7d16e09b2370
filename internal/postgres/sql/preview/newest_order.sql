-- The newest order of one customer up to an instant. $1 customer, $2 instant.
select o.customer_id, o.placed_at, o.order_id, (select count(*) from order_lines l where l.order_id = o.order_id)::int as lines
  from orders o
 where o.customer_id = $1 and o.placed_at <= $2
 order by o.placed_at desc, o.order_id desc
 limit 1
