-- Nothing passed a gate on a day without messages, by the customer's calendar; of days that are some countries' alone nothing is said.
with rules as (
    -- settings are those of every process from ten minutes on, and until the first one has others
    select since + interval '10 minutes' as since, coalesce(lead(since) over (order by rules_id), 'infinity') as until, rules from gate_rules
), days as (
    select r.since, r.until, (b ->> 'From')::date as first, (b ->> 'To')::date as last, coalesce((b ->> 'All')::bool, false) as everything
      from rules r cross join jsonb_array_elements(case jsonb_typeof(r.rules -> 'Blackout') when 'array' then r.rules -> 'Blackout' else '[]' end) b
     where coalesce(b ->> 'In', '[]') in ('[]', 'null')
), zones as materialized (
    -- PostgreSQL takes the names of four zones for abbreviations, which have no summer; of zones that it does not know nothing is said
    select zone, case when zone in ('CET', 'MET') then 'Europe/Brussels' when zone = 'EET' then 'Europe/Athens' when zone = 'WET' then 'Europe/Lisbon' else zone end as wall
      from (select distinct zone from enrollments where exists (select from days)) e
     where zone in (select name from pg_timezone_names)
)
select d.delivery_id
  from days b
  join deliveries d on d.gate_at > b.first - interval '1 day' and d.gate_at < b.last + interval '2 days' and d.claimed_at >= b.since and d.claimed_at < b.until
  join version_waves w on w.version_id = d.version_id and w.wave = d.wave
  join enrollments e on e.customer_id = d.customer_id and e.entered_at = d.entered_at and e.enrollment_id = d.enrollment_id
  join zones z on z.zone = e.zone
 where exists (select from days) and d.state in ('sending', 'accepted', 'unknown', 'unknown_final') and (b.everything or not w.service)
   and d.cost_micros is not null -- a gate let it through: what a failover forgot is dated to when it was due
   and (d.gate_at at time zone z.wall)::date between b.first and b.last
