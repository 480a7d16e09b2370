-- What the gate must know of deliveries that are due besides their customers, where delivery/load has not read it, or something has moved since.
-- $1 delivery ids, $2 business time (null: now), $3 to $5 the lane: version, wave, channel, $6 whether those in doubt are meant, and not
-- those due. A row that has moved to another lane, or an id that means another delivery here, was not rendered for this one.
select d.delivery_id, d.ctid, d.customer_id, d.entered_at, d.arm, d.skip, coalesce(d.variant, ''), coalesce(d.stratum, ''), d.epoch, coalesce(d.due_at, d.scheduled_at),
       d.scheduled_at, d.expires_at, coalesce(d.reason, ''), d.zone, coalesce(d.trigger_order_id, 0), d.enrollment_id, d.round,
       d.claimed_at, clock_timestamp(), d.body
  from deliveries d
 where d.delivery_id = any ($1) and case when $6 then d.state = 'unknown' else d.due_at <= coalesce($2::timestamptz, now()) end
   and d.version_id = $3 and d.wave = $4 and d.channel = $5
