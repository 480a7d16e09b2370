-- Says of every staged refund line whose it is and whether it is new, differs from what is stored, or is the same. A
-- reason that the file does not say stays as it was.
-- $1 source text.
-- Rows: none.
update import_refunds r
   set customer_id = f.customer_id, product_id = f.product_id, of_order_id = f.of_order_id, reason = f.reason, state = f.state
  from (select s.seq, p.product_id, o.order_id as of_order_id, w.customer_id, coalesce(s.reason, t.reason) as reason,
               case when t.shop_refund_id is null then 'new'
                    when (t.customer_id, t.product_id, t.refund_of, t.of_order_id, t.refunded_at, t.quantity, t.amount_minor, t.reason)
                         is distinct from (w.customer_id, p.product_id, s.refund_of, o.order_id, s.refunded_at, s.quantity::bigint, s.amount_minor, coalesce(s.reason, t.reason))
                    then 'changed' else 'same' end as state
          from import_refunds s
          join import_products p on p.seq = s.product_seq
          left join import_customers c on c.seq = s.customer_seq
          left join orders o on o.source = $1 and o.shop_order_id = s.refund_of
         cross join lateral (select case when o.order_id is null then c.customer_id else o.customer_id end as customer_id) w
          left join lateral ( -- looked up one by one: the view as a whole puts all refunds together
              select * from refund_lines v where v.source = $1 and v.shop_refund_id = s.shop_refund_id and v.line_no = s.line_no offset 0) t on true) f
 where f.seq = r.seq
