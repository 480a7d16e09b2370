-- The next events that a campaign has to consider, oldest first. $1 campaign, $2 business time (null: now), $3 at most so many.
select i.customer_id, i.at, i.event_id
  from event_inbox i
 where i.campaign_id = $1 and i.at <= coalesce($2::timestamptz, now())
 order by i.at, i.event_id
 limit $3
