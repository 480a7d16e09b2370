-- Messages that count against a cap: let through after an instant, or planned for a treated customer. Oldest first.
-- $1 after this id, $2 up to it, $3 instant.
select d.customer_id, d.campaign_id, coalesce(d.gate_at, d.due_at) as at
  from deliveries d
 where d.customer_id > $1 and d.customer_id <= $2
   and (d.state in ('sending', 'accepted', 'unknown', 'unknown_final') and d.gate_at > $3
        or d.state = 'planned' and d.arm = 'treat' and not d.skip)
 order by d.customer_id, at
