-- The kept lines of orders as of an instant, customer by customer; of orders before the time only that they were.
-- $1 at        timestamptz  what was known by then
-- $2 from      timestamptz  where the time begins of which lines are read
-- $3 currency  text
-- Rows: one a line, or for an order whose lines are not read one with the product 0. The customer 0 is nobody.
select o.order_id, coalesce(o.customer_id, 0), o.placed_at, coalesce(l.product_id, 0),
       coalesce(l.quantity - coalesce(b.units, 0), 0)::bigint, coalesce(l.amount_minor - coalesce(b.minor, 0), 0)::bigint
  from orders o
  left join order_lines l on l.order_id = o.order_id and o.placed_at >= $2
  left join lateral (select sum(r.quantity) as units, sum(r.amount_minor) as minor
                       from refunds r
                      where l.refunded_quantity > 0 and r.order_id = l.order_id and r.order_line_no = l.line_no and r.refunded_at <= $1) b on true
 where o.currency = $3 and o.placed_at <= $1 and (o.unkept_at is null or o.unkept_at > $1)
   and (o.customer_id is not null or o.placed_at >= $2)
 order by o.customer_id, o.placed_at, o.order_id
