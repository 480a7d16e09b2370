-- Writes on codes by which order they were redeemed, or since when they are burnt.
-- $1 codes, $2 orders (null: none), $3 when placed, $4 what the code took off or cost (null: unknown), $5 burnt at (null: not).
-- Rows: none. Twice: only what differs is written.
update coupons c
   set redeemed_order_id = x.order_id, redeemed_at = x.at, redeemed_minor = x.minor, burnt_at = x.burnt_at
  from unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::bigint[], $5::timestamptz[]) as x(code, order_id, at, minor, burnt_at)
 where c.code = x.code
   and (c.redeemed_order_id, c.redeemed_at, c.redeemed_minor, c.burnt_at) is distinct from (x.order_id, x.at, x.minor, x.burnt_at)
