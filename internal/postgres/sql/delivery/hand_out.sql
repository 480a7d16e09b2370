-- The next due planned rows of running campaigns behind a place, oldest first. Reads only: a hint given twice dies at the gate.
-- $1 business time (null: now), $2 and $3 the place (due_at, delivery id), $4 at most so many.
select d.delivery_id, d.version_id, d.wave, d.channel, d.due_at
  from deliveries d
  join campaigns c on c.campaign_id = d.campaign_id
 where d.due_at is not null and d.due_at <= coalesce($1::timestamptz, now())
   and (d.due_at, d.delivery_id) > ($2::timestamptz, $3::bigint)
   and c.status = 'running'
 order by d.due_at, d.delivery_id
 limit $4
