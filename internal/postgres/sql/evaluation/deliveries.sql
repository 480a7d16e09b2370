-- What became of the deliveries of a design. $1 campaign, $2 design.
select d.round, d.wave, d.arm, d.channel, d.state, coalesce(d.reason, '') as reason, coalesce(d.lost_to ->> 'campaign', '') as lost_to, count(*)
  from deliveries d
  join enrollments e on e.customer_id = d.customer_id and e.entered_at = d.entered_at and e.enrollment_id = d.enrollment_id
 where e.campaign_id = $1 and e.design = $2
 group by 1, 2, 3, 4, 5, 6, 7
 order by 1, 2, 3, 4, 5, 6, 7
