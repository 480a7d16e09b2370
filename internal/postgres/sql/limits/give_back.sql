-- Takes back what messages would have cost that were not taken after all; of the day's budget only what passed its gate on that day.
-- $1 campaign, $2 gates, $3 costs in millionths.
update campaign_limits l
   set spent_micros = l.spent_micros - (select coalesce(sum(t.cost), 0) from unnest($3::bigint[]) as t(cost)),
       day_micros = l.day_micros - (select coalesce(sum(t.cost), 0) from unnest($2::timestamptz[], $3::bigint[]) as t(at, cost) where t.at >= l.day_from)
 where l.campaign_id = $1
