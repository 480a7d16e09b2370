-- Messages that campaigns of higher priority will want within a day, by customer; not looked for where no campaign has one.
-- $1 customer ids, $2 business time, $3 campaign.
select p.customer_id, count(*)
  from deliveries p join campaigns o on o.campaign_id = p.campaign_id
 where (select max(r.priority) from campaigns r where r.status = 'running') > (select c.priority from campaigns c where c.campaign_id = $3)
   and p.customer_id = any ($1) and p.state = 'planned' and p.scheduled_at <= $2::timestamptz + interval '24 hours'
   and p.arm = 'treat' and not p.skip and not p.uncapped
   and o.priority > (select c.priority from campaigns c where c.campaign_id = $3) and o.status = 'running'
 group by p.customer_id
