-- The order lines that the refunds of each group may choose among.
-- Rows: one a line, by group.
select g.group_no, l.order_id, o.source || '/' || o.shop_order_id as name, l.line_no, o.placed_at, l.quantity, l.refunded_quantity
  from import_groups g
  join orders o on o.customer_id = g.customer_id
  join order_lines l on l.order_id = o.order_id and l.product_id = g.product_id
union all
select g.group_no, l.order_id, o.source || '/' || o.shop_order_id, l.line_no, o.placed_at, l.quantity, l.refunded_quantity
  from import_groups g
  join orders o on o.order_id = g.order_id
  join order_lines l on l.order_id = o.order_id and l.product_id = g.product_id
 order by 1
