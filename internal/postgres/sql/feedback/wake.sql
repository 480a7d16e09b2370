-- planned -> quarantine for deliveries that their provider has taken, as it says: a gate let them out that is forgotten. The pass it
-- stands for is counted, and dated to when they were due; what it cost nobody knows. Ghosts cannot have been sent.
-- $1 delivery ids, $2 reason.
update deliveries d
   set state = 'quarantine', reason = $2, epoch = d.epoch + 1, due_at = null, settled_at = clock_timestamp(), claimed_at = clock_timestamp(),
       gate_at = least(greatest(d.due_at, d.scheduled_at), d.expires_at - interval '1 microsecond'), cost_micros = null
 where d.delivery_id = any ($1::bigint[]) and d.state = 'planned' and d.arm = 'treat' and not d.skip
