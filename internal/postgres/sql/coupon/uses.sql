-- The orders that name codes.
-- $1 codes.
-- Rows: code, order, customer (0: a guest), when, kept, what its lines come to and in which currency. Twice: only reads.
select u.code, o.order_id, coalesce(k.merged_into, o.customer_id, 0), o.placed_at, o.unkept_at is null, o.gross_minor, o.currency
  from order_coupons u
  join orders o on o.order_id = u.order_id
  left join customers k on k.customer_id = o.customer_id
 where u.code = any($1::text[])
