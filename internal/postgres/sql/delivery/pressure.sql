-- Messages that count against caps and cool-downs: real ones, and this campaign's ghosts; those of customers who were merged into
-- one count for that one.
-- $1 customer ids, $2 business time, $3 campaign, $4 the longest window that is asked about, in seconds.
-- Rows: customer, campaign (id, name, priority, group; empty: none), its gate, whether it is a ghost.
select coalesce((select u.merged_into from customers u where u.customer_id = p.customer_id and u.merged_into is not null), p.customer_id),
       p.campaign_id, c.name, c.priority, coalesce(c.exclusion_group, ''), p.gate_at, p.state = 'withheld'
  from deliveries p join campaigns c on c.campaign_id = p.campaign_id
 where p.customer_id = any ($1::bigint[] || array(select u.customer_id from customers u where u.merged_into = any ($1))) and not p.uncapped and p.state in ('sending', 'accepted', 'unknown', 'unknown_final', 'quarantine', 'withheld')
   and (p.state <> 'withheld' or p.campaign_id = $3)
   and p.gate_at > $2::timestamptz - make_interval(secs => $4)
