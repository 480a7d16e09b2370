-- What the newest definition says holds for all its deliveries, of customers in flight too. $1 campaign, $2 budget in millionths
-- (null: none), $3 messages a minute (null: none), $4 budget of a day in millionths (null: none), $5 when the day began, in the
-- shop's zone, $6 millionths of the main unit in a minor one. What was spent while there was no budget is read from the ledger.
with spent as (
    select coalesce((select sum(d.cost_micros) from deliveries d
                      where d.campaign_id = $1 and d.state in ('sending', 'accepted', 'unknown', 'unknown_final')), 0)::bigint as ever,
           case when $4::bigint is null then 0 else
               coalesce((select sum(d.cost_micros) from deliveries d
                          where d.campaign_id = $1 and d.state in ('sending', 'accepted', 'unknown', 'unknown_final') and d.gate_at >= $5::timestamptz), 0)
               + $6::bigint * coalesce((select sum(coalesce(p.value_minor, p.at_most_minor))
                                          from deliveries d
                                          join coupons c on c.customer_id = d.customer_id and c.entered_at = d.entered_at and c.enrollment_id = d.enrollment_id
                                                        and c.round = d.round and c.wave = d.wave
                                          join coupon_pools p on p.pool = c.pool
                                         where d.campaign_id = $1 and c.bound_at >= $5::timestamptz), 0) end::bigint as of_day
)
insert into campaign_limits as l (campaign_id, budget_micros, per_minute, spent_micros, day_budget_micros, day_from, day_micros)
select $1, $2, $3, s.ever, $4, $5, s.of_day
  from spent s
 where $2::bigint is not null or $3::int is not null or $4::bigint is not null or exists (select from campaign_limits had where had.campaign_id = $1)
on conflict (campaign_id) do update
   set budget_micros = excluded.budget_micros, per_minute = excluded.per_minute, day_budget_micros = excluded.day_budget_micros,
       spent_micros = case when l.budget_micros is null and l.per_minute is null and l.day_budget_micros is null then excluded.spent_micros else l.spent_micros end,
       day_from = case when l.day_budget_micros is null then excluded.day_from else l.day_from end,
       day_micros = case when l.day_budget_micros is null then excluded.day_micros else l.day_micros end
