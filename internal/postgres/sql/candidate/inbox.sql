-- The next orders that a campaign has to consider, oldest first. $1 campaign, $2 business time (null: now), $3 at most so many.
select i.customer_id, i.placed_at, i.order_id, (select count(*) from order_lines l where l.order_id = i.order_id)::int as lines
  from inbox i
 where i.campaign_id = $1 and i.placed_at <= coalesce($2::timestamptz, now())
 order by i.placed_at, i.order_id
 limit $3
