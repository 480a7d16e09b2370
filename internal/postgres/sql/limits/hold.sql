-- What a campaign may use and has used; the caller holds it until it has written what it took. $1 campaign.
select budget_micros, per_minute, spent_micros, passed_at, passed, day_budget_micros, day_from, day_micros from campaign_limits where campaign_id = $1 for no key update
