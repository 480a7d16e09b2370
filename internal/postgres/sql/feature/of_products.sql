-- The customers who have bought products.
-- $1 product_id bigint[].
-- Rows: customer ids. Twice: only reads.
select distinct o.customer_id
  from order_lines l
  join orders o on o.order_id = l.order_id
 where l.product_id = any ($1::bigint[]) and o.customer_id is not null
