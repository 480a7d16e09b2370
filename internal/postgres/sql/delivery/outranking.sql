-- Messages that campaigns which may go before will want within a day; not looked for where no campaign has a higher priority, nor
-- this one a group. $1 customer ids, $2 business time, $3 campaign.
-- Rows: customer, campaign (id, name, priority, group; empty: none), when it is scheduled.
select p.customer_id, p.campaign_id, o.name, o.priority, coalesce(o.exclusion_group, ''), p.scheduled_at
  from deliveries p join campaigns o on o.campaign_id = p.campaign_id
 where ((select max(r.priority) from campaigns r where r.status = 'running') > (select c.priority from campaigns c where c.campaign_id = $3)
        or (select c.exclusion_group from campaigns c where c.campaign_id = $3) is not null)
   and p.customer_id = any ($1) and p.state = 'planned' and p.scheduled_at <= $2::timestamptz + interval '24 hours'
   and p.arm = 'treat' and not p.skip and not p.uncapped
   and p.campaign_id <> $3 and o.status = 'running' and o.priority >= (select c.priority from campaigns c where c.campaign_id = $3)
