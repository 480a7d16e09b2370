-- Nobody was sent more messages in a span than the shop, or the campaign by the version it was sent from, lets through.
with rules as (
    -- settings are those of every process from ten minutes on, and until the first one has others
    select since + interval '10 minutes' as since, coalesce(lead(since) over (order by rules_id), 'infinity') as until,
           (rules #>> '{ShopCap,Limit}')::int as most, (rules #>> '{ShopCap,Window}')::bigint / 1e9 * interval '1 s' as span
      from gate_rules
), shop as (
    select * from rules where most > 0
), own as (
    select v.version_id, (v.definition #>> '{Limits,PerCustomer,Count}')::int as most, (v.definition #>> '{Limits,PerCustomer,Window}')::bigint / 1e9 * interval '1 s' as span
      from campaign_versions v where v.definition #>> '{Limits,PerCustomer,Count}' is not null
), counted as (
    select d.customer_id, d.delivery_id, d.campaign_id, d.version_id, d.gate_at, d.claimed_at, d.cost_micros
      from deliveries d
     where not d.uncapped and d.state in ('sending', 'accepted', 'unknown', 'unknown_final') and (exists (select from shop) or exists (select from own))
), many as (
    select customer_id from counted group by customer_id having count(*) > (select min(most) from (select most from shop union all select most from own) c)
), full_of as (
    select c.*, s.most, s.span, null::int as only
      from (select c.*, row_number() over (partition by c.customer_id order by c.gate_at, c.claimed_at, c.delivery_id) as n from counted c join many using (customer_id)) c
      join shop s on c.n > s.most and c.claimed_at >= s.since and c.claimed_at < s.until
    union all
    select c.*, o.most, o.span, c.campaign_id
      from (select c.*, row_number() over (partition by c.customer_id, c.campaign_id order by c.gate_at, c.claimed_at, c.delivery_id) as n from counted c join many using (customer_id)) c
      join own o on o.version_id = c.version_id and c.n > o.most
)
-- what was let through after it, and dated before, did not count then
select f.delivery_id
  from full_of f
  join counted c on c.customer_id = f.customer_id and c.claimed_at <= f.claimed_at and c.gate_at <= f.gate_at and c.gate_at > f.gate_at - f.span
                and (f.only is null or c.campaign_id = f.only)
 where f.cost_micros is not null -- a gate let it through: what a failover forgot is dated to when it was due
 group by f.delivery_id, f.most, f.only having count(*) > f.most
