-- Marks due planned rows as handed to a worker and returns them; the caller commits, then enqueues.
-- $1 business time (null: now), $2 seconds after which a silent hint is given again, $3 at most so many rows.
-- Safe to run twice: a hint given twice dies at the gate. Never a decision: state does not change.
with due as (
    select d.delivery_id, d.customer_id, d.entered_at
      from deliveries d
      join campaigns c on c.campaign_id = d.campaign_id
     where d.state = 'planned'
       and d.due_at <= coalesce($1::timestamptz, now())
       and (d.handed_at is null or d.handed_at < clock_timestamp() - make_interval(secs => $2))
       and c.status = 'running'
     order by d.due_at
     limit $3
       for update of d skip locked
)
update deliveries d
   set handed_at = clock_timestamp(), handed_no = d.handed_no + 1
  from due
 where d.delivery_id = due.delivery_id and d.customer_id = due.customer_id and d.entered_at = due.entered_at
returning d.delivery_id, d.version_id, d.wave, d.channel
