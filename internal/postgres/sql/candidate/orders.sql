-- The orders of customers up to an instant, oldest first, in one currency. $1 customer ids, $2 instant, $3 currency.
select o.customer_id, o.order_id, o.placed_at, o.gross_minor, o.refunded_minor <> 0 as refunded, o.unkept_at
  from orders o
 where o.customer_id = any($1) and o.placed_at <= $2 and o.currency = $3
 order by o.customer_id, o.placed_at, o.order_id
