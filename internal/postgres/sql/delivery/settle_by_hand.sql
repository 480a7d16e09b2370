-- An outcome that a person knows, as the acts of this transaction say. $1 ids, $2 accepted or failed, $3 reason where it failed.
-- Rows: one a delivery: its campaign, its gate, and what its message would have cost. No provider: none has said so.
update deliveries d set state = $2, reason = $3::text, provider = null, provider_id = null, settled_at = clock_timestamp()
 where d.delivery_id = any ($1::bigint[]) and d.state in ('unknown', 'unknown_final')
returning d.campaign_id, d.gate_at, coalesce(d.cost_micros, 0)::bigint
