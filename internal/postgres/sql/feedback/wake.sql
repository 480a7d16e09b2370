-- planned or dead -> quarantine for deliveries that their provider has taken, as it says: a gate let them out that is forgotten. The pass it
-- stands for is counted, and dated to when they were due; what it cost nobody knows. Of a dead one it is the last pass, which did not come back after
-- all. Ghosts cannot have been sent.
-- $1 delivery ids, $2 reason.
update deliveries d
   set state = 'quarantine', reason = $2, epoch = d.epoch + (d.state = 'planned' or d.returned = 0)::int,
       returned = d.returned - (d.state = 'dead' and d.returned > 0)::int, due_at = null, settled_at = clock_timestamp(),
       claimed_at = coalesce(case d.state when 'dead' then d.claimed_at end, clock_timestamp()),
       gate_at = coalesce(case d.state when 'dead' then d.gate_at end, least(greatest(d.due_at, d.scheduled_at), d.expires_at - interval '1 microsecond')), cost_micros = null
 where d.delivery_id = any ($1::bigint[]) and d.state in ('planned', 'dead') and d.arm = 'treat' and not d.skip
