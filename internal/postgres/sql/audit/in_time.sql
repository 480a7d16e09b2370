-- Nothing was gated before it was scheduled, or after it had expired.
select d.delivery_id from deliveries d
 where d.state in ('sending', 'accepted', 'unknown', 'unknown_final', 'withheld') and (d.gate_at < d.scheduled_at or d.gate_at >= d.expires_at)
