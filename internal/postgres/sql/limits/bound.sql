-- What the codes of a campaign's deliveries bind of its budget, in minor units: their face value, until they end unused; a percentage's
-- is the most that it takes off, and once it was used what it took off. $1 campaign, $2 instant, $3 the pools its waves name.
-- Whole hours that are to come, and what ends in the rest of this one.
select coalesce(sum(b.codes * coalesce(p.value_minor, p.at_most_minor, 0) + b.minor), 0)::bigint
  from coupon_pools p
 cross join lateral (
           select h.codes, h.minor from bound_codes h
            where h.campaign_id = $1 and h.pool = p.pool and h.hourly and h.until > $2::timestamptz
            union all
           select e.codes, e.minor from bound_codes e
            where e.campaign_id = $1 and e.pool = p.pool and not e.hourly and e.until > $2 and e.until < date_trunc('hour', $2, 'UTC') + interval '1 hour') b
 where p.pool = any($3::text[])
