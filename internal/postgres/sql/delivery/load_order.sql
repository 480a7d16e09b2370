-- The orders that brought customers in, as far as deliveries' messages speak of them.
-- $1 delivery ids, $2 their customers, $3 their entered_at, $4 business time (null: now).
select d.delivery_id, o.shop_order_id, o.placed_at, o.currency,
       o.gross_minor - case when o.refunded_minor = 0 then 0 else
           (select coalesce(sum(f.amount_minor), 0)::bigint from refunds f where f.order_id = o.order_id and f.refunded_at <= coalesce($4::timestamptz, now())) end,
       coalesce((select p.name from order_lines l join products p on p.product_id = l.product_id where l.order_id = o.order_id order by l.line_no limit 1), '')
  from unnest($1::bigint[], $2::bigint[], $3::timestamptz[]) as a(delivery_id, customer_id, entered_at)
  join deliveries d on d.delivery_id = a.delivery_id and d.customer_id = a.customer_id and d.entered_at = a.entered_at
  join orders o on o.order_id = d.trigger_order_id
