-- The order that would bring a customer in, as delivery/load_order.sql reads it. $1 order, $2 instant.
select o.shop_order_id, o.placed_at, o.currency,
       o.gross_minor - (select coalesce(sum(f.amount_minor), 0)::bigint from refunds f where f.order_id = o.order_id and f.refunded_at <= $2),
       coalesce((select p.name from order_lines l join products p on p.product_id = l.product_id where l.order_id = o.order_id order by l.line_no limit 1), '')
  from orders o
 where o.order_id = $1
