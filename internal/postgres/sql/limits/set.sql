-- What the newest definition says holds for all its deliveries, of customers in flight too. $1 campaign, $2 budget in millionths
-- (null: none), $3 messages a minute (null: none). What was spent while there was no budget is read from the ledger.
insert into campaign_limits as l (campaign_id, budget_micros, per_minute, spent_micros)
select $1, $2, $3, coalesce((select sum(d.cost_micros) from deliveries d
                              where d.campaign_id = $1 and d.state in ('sending', 'accepted', 'unknown', 'unknown_final')), 0)::bigint
 where $2::bigint is not null or $3::int is not null or exists (select from campaign_limits had where had.campaign_id = $1)
on conflict (campaign_id) do update
   set budget_micros = excluded.budget_micros, per_minute = excluded.per_minute,
       spent_micros = case when l.budget_micros is null and l.per_minute is null then excluded.spent_micros else l.spent_micros end
