-- What makes a campaign go before others, as its newest definition says. $1 campaign. Rows: one: id, name, priority, group (empty: none).
select campaign_id, name, priority, coalesce(exclusion_group, '') from campaigns where campaign_id = $1
