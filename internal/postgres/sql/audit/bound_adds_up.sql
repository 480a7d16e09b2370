-- What the codes of a campaign bind of its budget, and until when, is what was added up when they were given and redeemed.
with bound as (
    select d.campaign_id, c.pool, case when c.redeemed_order_id is null then coalesce(c.expires_at, 'infinity') else 'infinity' end as until,
           (c.redeemed_minor is null)::int as codes, coalesce(c.redeemed_minor, 0) as minor
      from coupons c
      join deliveries d on d.customer_id = c.customer_id and d.entered_at = c.entered_at and d.enrollment_id = c.enrollment_id and d.round = c.round and d.wave = c.wave
)
select distinct x.campaign_id || ' ' || x.pool
  from (select b.campaign_id, b.pool, true as hourly, date_trunc('hour', b.until, 'UTC') as until, b.codes, b.minor from bound b
        union all select b.campaign_id, b.pool, false, b.until, b.codes, b.minor from bound b where b.until < 'infinity'
        union all select k.campaign_id, k.pool, k.hourly, k.until, -k.codes, -k.minor from bound_codes k) x
 group by x.campaign_id, x.pool, x.hourly, x.until
having sum(x.codes) <> 0 or sum(x.minor) <> 0
