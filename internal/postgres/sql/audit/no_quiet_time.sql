-- Nothing passed a gate in the quiet hours of its channel, by the customer's clock, where no country has hours of its own.
with rules as (
    -- settings are those of every process from ten minutes on, and until the first one has others
    select since + interval '10 minutes' as since, coalesce(lead(since) over (order by rules_id), 'infinity') as until, rules from gate_rules
), hours as (
    select r.since, r.until, q.key as channel, (q.value ->> 'From')::int as starts, (q.value ->> 'To')::int as ends
      from rules r cross join jsonb_each(case jsonb_typeof(r.rules -> 'Quiet') when 'object' then r.rules -> 'Quiet' else '{}' end) q
     where coalesce(r.rules ->> 'QuietIn', '{}') in ('{}', 'null')
), zones as materialized (
    -- PostgreSQL takes the names of four zones for abbreviations, which have no summer; of zones that it does not know nothing is said
    select zone, case when zone in ('CET', 'MET') then 'Europe/Brussels' when zone = 'EET' then 'Europe/Athens' when zone = 'WET' then 'Europe/Lisbon' else zone end as wall
      from (select distinct zone from enrollments where exists (select from hours)) e
     where zone in (select name from pg_timezone_names)
), instants as (
    -- a gate is one instant for many
    select distinct channel, gate_at, claimed_at from deliveries
     where exists (select from hours) and state in ('sending', 'accepted', 'unknown', 'unknown_final')
), quiet as materialized (
    select i.channel, i.gate_at, z.zone
      from instants i join hours h on h.channel = i.channel and i.claimed_at >= h.since and i.claimed_at < h.until cross join zones z
      cross join lateral (select extract(hour from t.at)::int * 60 + extract(minute from t.at)::int as minute from (select i.gate_at at time zone z.wall as at) t) wall
     where case when h.starts < h.ends then wall.minute >= h.starts and wall.minute < h.ends else wall.minute >= h.starts or wall.minute < h.ends end
)
select d.delivery_id
  from deliveries d
  join (select distinct channel, gate_at from quiet) q on q.channel = d.channel and q.gate_at = d.gate_at
  join enrollments e on e.customer_id = d.customer_id and e.entered_at = d.entered_at and e.enrollment_id = d.enrollment_id
 where d.state in ('sending', 'accepted', 'unknown', 'unknown_final')
   and d.cost_micros is not null -- a gate let it through: what a failover forgot is dated to when it was due
   and exists (select from quiet w where w.channel = d.channel and w.gate_at = d.gate_at and w.zone = e.zone)
