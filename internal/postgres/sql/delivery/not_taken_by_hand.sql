-- A person knows that these were surely not taken, as the acts of this transaction say: they may be tried again. $1 ids, $2 reason.
-- The pass came back, so that its epochs still add up.
-- Rows: one a delivery: its campaign, its gate, and what its message would have cost. Twice: they have moved.
update deliveries d set state = 'dead', reason = $2::text, returned = d.returned + 1, settled_at = clock_timestamp()
 where d.delivery_id = any ($1::bigint[]) and d.state in ('unknown', 'unknown_final')
returning d.campaign_id, d.gate_at, coalesce(d.cost_micros, 0)::bigint
