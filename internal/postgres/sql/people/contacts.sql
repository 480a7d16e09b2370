-- Messages that count against a cap, as the gate counts them: let through after an instant, or planned by a campaign that runs; of some
-- campaigns, taken as running, ghosts too. Oldest first. $1 after this id, $2 up to it, $3 instant, $4 campaigns.
select d.customer_id, d.campaign_id, coalesce(d.gate_at, d.due_at) as at,
       d.state = 'withheld' or d.state = 'planned' and (d.arm <> 'treat' or d.skip) as ghost
  from deliveries d join campaigns c on c.campaign_id = d.campaign_id
 where d.customer_id > $1 and d.customer_id <= $2 and not d.uncapped
   and (d.state in ('sending', 'accepted', 'unknown', 'unknown_final') and d.gate_at > $3
        or d.state = 'withheld' and d.campaign_id = any($4) and d.gate_at > $3
        or d.state = 'planned' and (d.campaign_id = any($4) or c.status = 'running' and d.arm = 'treat' and not d.skip))
 order by d.customer_id, at
