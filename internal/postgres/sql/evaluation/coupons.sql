-- What became of the codes that a design's waves gave. $1 campaign, $2 design, $3 as of.
-- Rows: round, wave, codes given, of these redeemed, and what the redeemed ones took off, in minor units; by round and wave.
-- Twice: only reads.
select c.round, c.wave, count(*), count(*) filter (where c.redeemed_at <= $3), coalesce(sum(c.redeemed_minor) filter (where c.redeemed_at <= $3), 0)::bigint
  from coupons c
  join enrollments e on e.customer_id = c.customer_id and e.enrollment_id between c.enrollment_id and c.enrollment_id
 where e.campaign_id = $1 and e.design = $2 and c.bound_at <= $3
 group by 1, 2
 order by 1, 2
