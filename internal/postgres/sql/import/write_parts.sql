-- Writes the parts of matched refund lines.
-- Rows: none. Twice: only what differs is written.
insert into refunds (source, shop_refund_id, line_no, part, order_id, order_line_no, customer_id, product_id, refunded_at, quantity, amount_minor, refund_of, reason)
select p.source, p.shop_refund_id, p.line_no, p.part, p.order_id, p.order_line_no, p.customer_id, p.product_id, p.refunded_at, p.quantity, p.amount_minor, p.refund_of, p.reason
  from import_parts p
  left join refunds r on r.source = p.source and r.shop_refund_id = p.shop_refund_id and r.line_no = p.line_no and r.part = p.part
 where r.refund_id is null
    or (r.order_id, r.order_line_no, r.customer_id, r.product_id, r.refunded_at, r.quantity, r.amount_minor, r.refund_of, r.reason)
       is distinct from (p.order_id, p.order_line_no, p.customer_id, p.product_id, p.refunded_at, p.quantity, p.amount_minor, p.refund_of, p.reason)
on conflict (source, shop_refund_id, line_no, part) do update
   set order_id = excluded.order_id, order_line_no = excluded.order_line_no, customer_id = excluded.customer_id, product_id = excluded.product_id,
       refunded_at = excluded.refunded_at, quantity = excluded.quantity, amount_minor = excluded.amount_minor, refund_of = excluded.refund_of, reason = excluded.reason
