-- Nothing was gated before it was scheduled, or after it had expired.
select delivery_id from deliveries
 where state in ('sending', 'accepted', 'unknown', 'unknown_final', 'withheld') and (gate_at < scheduled_at or gate_at >= expires_at)
