-- No campaign that always had a budget spent more on its messages than the largest that it had, in all or on a day in the shop's zone.
with budgets as (
    select v.campaign_id,
           case when bool_and(v.definition #>> '{Limits,BudgetMinor}' is not null) then max((v.definition #>> '{Limits,BudgetMinor}')::numeric * unit.micros) end as most,
           case when bool_and(v.definition #>> '{Limits,DayBudgetMinor}' is not null) then max((v.definition #>> '{Limits,DayBudgetMinor}')::numeric * unit.micros) end as a_day
      from campaign_versions v
      cross join lateral (select 1e6::numeric / 10 ^ coalesce((v.definition #>> '{Limits,BudgetDigits}')::int, 0) as micros) unit
     group by v.campaign_id
), spent as (
    select d.campaign_id, (d.gate_at at time zone (select rules ->> 'Zone' from gate_rules order by rules_id desc limit 1))::date as day, sum(d.cost_micros) as micros
      from deliveries d join budgets b on b.campaign_id = d.campaign_id and coalesce(b.most, b.a_day) is not null
     where d.state in ('sending', 'accepted', 'unknown', 'unknown_final') and d.cost_micros > 0
     group by 1, 2
)
select b.campaign_id::text from budgets b where b.most < (select sum(s.micros) from spent s where s.campaign_id = b.campaign_id)
union
-- of days only those on which no setting changed, and so no zone
select s.campaign_id || ' ' || s.day from spent s join budgets b using (campaign_id)
 where b.a_day < s.micros and not exists (select from gate_rules r where r.since >= s.day - interval '1 day' and r.since < s.day + interval '2 days')
