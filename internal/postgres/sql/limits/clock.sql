-- The instant a gate decides at, and whether the campaign is held back by a budget or a rate.
-- $1 business time (null: the database's clock, as late as now), $2 campaign.
select coalesce($1::timestamptz, clock_timestamp()),
       exists (select from campaign_limits l where l.campaign_id = $2 and (l.budget_micros is not null or l.per_minute is not null or l.day_budget_micros is not null))
