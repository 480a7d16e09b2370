-- Puts off planned deliveries of a lane that cannot be sent here and now; they end when their time is over.
-- $1 delivery ids, $2 to $4 the lane: version, wave, channel, $5 seconds, $6 reason, $7 business time (null: now).
update deliveries set due_at = least(coalesce($7::timestamptz, now()) + make_interval(secs => $5), expires_at), reason = $6
 where delivery_id = any($1) and due_at is not null and version_id = $2 and wave = $3 and channel = $4
