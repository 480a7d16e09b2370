-- Enrollments whose next round begins, with the channels' reach left to the gate. $1 campaign, $2 business time (null: now), $3 at most so many.
select e.customer_id, e.entered_at, e.enrollment_id, e.version_id, e.assigned_id, e.entry, e.arm, e.zone, e.rounds_begun, e.next_round_at
  from enrollments e
 where e.campaign_id = $1 and e.next_round_at <= coalesce($2::timestamptz, now())
 order by e.next_round_at, e.customer_id
 limit $3
   for no key update skip locked
