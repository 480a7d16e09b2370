-- Inserts the lines of new orders.
-- Rows: none; the command tag counts.
-- Twice: their orders are not new any more.
insert into order_lines (order_id, line_no, product_id, quantity, unit_price, amount_minor)
select o.order_id, l.ordinal, p.product_id, l.quantity, l.price_e4 * 0.0001, l.amount_minor
  from import_lines l
  join import_orders o on o.seq = l.order_seq
  join import_products p on p.seq = l.product_seq
 where o.is_new
