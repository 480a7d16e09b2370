-- Where the deliveries of a campaign stand and why, over all designs, waves in the order of their time. Due is when the first and
-- the last of those that wait are asked about next. $1 campaign.
select d.round, d.wave, d.state, case when d.state in ('planned', 'withheld', 'suppressed', 'cancelled', 'expired') then coalesce(d.reason, '') else '' end as reason,
       coalesce(d.lost_to ->> 'campaign', '') as lost_to, count(*), min(d.due_at), max(d.due_at)
  from deliveries d where d.campaign_id = $1
 group by 1, 2, 3, 4, 5
 order by d.round, min(min(d.scheduled_at)) over (partition by d.round, d.wave), d.wave, d.state, 4, 5
