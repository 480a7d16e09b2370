-- quarantine -> planned where the provider takes the key once: a second call is harmless for so long, and ends with that. None
-- goes out before it was due.
-- $1 delivery ids, $2 epochs, $3 seconds from when it was due, $4 business time (null: now).
-- Rows: those planned again. Twice: they have moved.
update deliveries d
   set state = 'planned', reason = null, lost_to = null, due_at = greatest(coalesce($4::timestamptz, now()), d.gate_at), settled_at = null, returned = d.returned + 1,
       expires_at = least(d.expires_at, d.gate_at + make_interval(secs => $3))
  from unnest($1::bigint[], $2::int[]) as a(delivery_id, epoch)
 where d.delivery_id = a.delivery_id and d.epoch = a.epoch and d.state = 'quarantine'
   and least(d.expires_at, d.gate_at + make_interval(secs => $3)) > coalesce($4::timestamptz, now())
returning d.delivery_id
