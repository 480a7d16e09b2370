-- Takes the customers of a chunk's deliveries that are due: it serialises the gate with opt-out, suppression, erasure and orders, and with
-- other gates, all of which take the same rows. A customer whom somebody else holds is passed over and asked again later: the
-- others need not wait. The caller holds the locks until it commits. The deliveries themselves are not locked: delivery/decide writes to
-- those only that are still as they are read here.
-- $1 delivery ids, $2 business time (null: now), $3 to $5 the lane: version, wave, channel, $6 whether those in doubt are meant, and not
-- those due. A row that has moved to another lane, or an id that means another delivery here, was not rendered for this one.
-- Rows: one a delivery, by customer.
select d.delivery_id, d.customer_id, d.entered_at, d.arm, d.skip, coalesce(d.variant, ''), coalesce(e.stratum, ''), d.channel, d.epoch, coalesce(d.due_at, d.scheduled_at),
       d.scheduled_at, d.expires_at, coalesce(d.reason, ''), e.zone, coalesce(e.trigger_order_id, 0), k.erased_at is not null, coalesce(k.email, ''), coalesce(k.phone, ''),
       k.email_hash, k.phone_hash, d.claimed_at, clock_timestamp(), d.body
  from deliveries d
  join enrollments e on e.customer_id = d.customer_id and e.entered_at = d.entered_at and e.enrollment_id = d.enrollment_id
  join contacts k on k.customer_id = d.customer_id
 where d.delivery_id = any ($1) and case when $6 then d.state = 'unknown' else d.due_at <= coalesce($2::timestamptz, now()) end
   and d.version_id = $3 and d.wave = $4 and d.channel = $5
 order by d.customer_id, d.delivery_id
   for no key update of k skip locked
