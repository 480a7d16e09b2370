-- What the codes of a campaign's deliveries bind of its budget, in minor units: their face value, until they end unused; a percentage's
-- is the most that it takes off, and once it was used what it took off. $1 campaign, $2 instant, $3 the pools its waves name.
select coalesce(sum(coalesce(c.redeemed_minor, p.value_minor, p.at_most_minor)), 0)::bigint
  from coupons c
  join coupon_pools p on p.pool = c.pool
  join deliveries d on d.customer_id = c.customer_id and d.entered_at = c.entered_at and d.enrollment_id = c.enrollment_id and d.round = c.round and d.wave = c.wave
 where c.pool = any($3::text[]) and c.bound_at is not null and d.campaign_id = $1
   and (c.redeemed_order_id is not null or c.expires_at is null or c.expires_at > $2::timestamptz)
