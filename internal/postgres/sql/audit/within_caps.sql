-- Nobody was sent more messages in a span than the shop, or the campaign by the version it was sent from, lets through; as far as they went out in the last 32 days.
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
     where not d.uncapped and d.state in ('sending', 'accepted', 'unknown', 'unknown_final')
       and d.claimed_at > clock_timestamp() - interval '32 days' - (select max(span) from (select span from shop union all select span from own) c)
), full_of as (
    -- one is too many if the one that the cap counts back to lies within the span
    select * from (
        select c.*, s.most, s.span, null::int as only, lag(c.gate_at, s.most) over (partition by c.customer_id order by c.gate_at, c.claimed_at, c.delivery_id) as before
          from counted c left join shop s on c.claimed_at >= s.since and c.claimed_at < s.until where exists (select from shop)) x
     where before > gate_at - span
    union all
    select * from (
        select c.*, o.most, o.span, c.campaign_id, lag(c.gate_at, o.most) over (partition by c.customer_id, c.campaign_id order by c.gate_at, c.claimed_at, c.delivery_id) as before
          from counted c left join own o on o.version_id = c.version_id where exists (select from own)) x
     where before > gate_at - span
)
-- what was let through after it, and dated before, did not count then
select f.delivery_id
  from full_of f
  join counted c on c.customer_id = f.customer_id and c.claimed_at <= f.claimed_at and c.gate_at <= f.gate_at and c.gate_at > f.gate_at - f.span
                and (f.only is null or c.campaign_id = f.only)
 where f.cost_micros is not null -- a gate let it through: what a failover forgot is dated to when it was due
 group by f.delivery_id, f.most, f.only having count(*) > f.most
