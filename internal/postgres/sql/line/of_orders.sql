-- The lines of orders, in their order, each with what came back of it, oldest first.
-- $1 order ids.
-- Rows: one a line, or for a line of which something came back one a refund of it; the refund's columns may be null.
select l.order_id, l.line_no, coalesce(p.category, '') as category, p.sku, coalesce(p.role, '') as role, l.amount_minor, l.quantity, p.cost_minor,
       r.refunded_at, r.amount_minor as refund_minor, r.quantity as refund_quantity
  from order_lines l
  join products p on p.product_id = l.product_id
  left join refunds r on l.refunded_quantity > 0 and r.order_id = l.order_id and r.order_line_no = l.line_no
 where l.order_id = any($1::bigint[])
 order by l.order_id, l.line_no, r.refunded_at
