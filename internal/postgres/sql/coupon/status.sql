-- How pools stand. A code is in one of these: free, burnt, bound (its time runs), redeemed, expired.
-- $1 pool text, null: all. $2 the instant at which codes are expired or not. $3 seconds before it over which bindings are counted.
-- Rows: one a pool, by name: codes, free, burnt, bound, redeemed, expired, bound lately, what was redeemed in minor units, redeemed codes
-- of which that is not known, codes that leaked after they were bound, leaks by why. Twice: only reads.
select p.pool, c.codes, c.free, c.burnt, c.bound, c.redeemed, c.expired, c.lately, c.minor, c.unknown, l.codes, l.why
  from coupon_pools p,
       lateral (
           select count(*) as codes,
                  count(*) filter (where bound_at is null and burnt_at is null) as free,
                  count(burnt_at) as burnt,
                  count(*) filter (where bound_at is not null and redeemed_at is null and (expires_at is null or expires_at > $2)) as bound,
                  count(redeemed_at) as redeemed,
                  count(*) filter (where redeemed_at is null and expires_at <= $2) as expired,
                  count(*) filter (where bound_at > $2::timestamptz - make_interval(secs => $3) and bound_at <= $2) as lately,
                  coalesce(sum(redeemed_minor), 0)::bigint as minor,
                  count(*) filter (where redeemed_at is not null and redeemed_minor is null) as unknown
             from coupons where pool = p.pool) c,
       lateral (
           select coalesce(max(n.codes), 0) as codes, coalesce(jsonb_object_agg(n.why, n.uses) filter (where n.why is not null), '{}') as why
             from (select l.why, count(*) as uses, (select count(distinct x.code) from coupon_leaks x join coupons y using (code)
                                                     where y.pool = p.pool and y.bound_at is not null) as codes
                     from coupon_leaks l join coupons k using (code)
                    where k.pool = p.pool group by l.why) n) l
 where $1::text is null or p.pool = $1
 order by p.pool
