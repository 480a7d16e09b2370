-- Back to planned, due now, as the acts of this transaction say. $1 ids, $2 until when they may go out (null: as before), $3 business time (null: now).
-- One that may have been sent counts as returned, so that its epochs still add up.
update deliveries d
   set state = 'planned', reason = null, lost_to = null, due_at = coalesce($3::timestamptz, now()), settled_at = null, untaken = 0,
       returned = d.returned + (d.state in ('unknown_final', 'quarantine'))::int, expires_at = coalesce($2::timestamptz, d.expires_at)
 where d.delivery_id = any ($1::bigint[]) and d.state in ('dead', 'unknown_final', 'quarantine')
