-- The codes that deliveries have been given before.
-- $1 delivery ids, $2 their customers, $3 their entered_at.
-- Rows: delivery, code, end (null: none). Twice: only reads.
select d.delivery_id, c.code, c.expires_at
  from unnest($1::bigint[], $2::bigint[], $3::timestamptz[]) as a(delivery_id, customer_id, entered_at)
  join deliveries d on d.delivery_id = a.delivery_id and d.customer_id = a.customer_id and d.entered_at = a.entered_at
  join coupons c on c.customer_id = d.customer_id and c.entered_at = d.entered_at and c.enrollment_id = d.enrollment_id
                and c.round = d.round and c.wave = d.wave
