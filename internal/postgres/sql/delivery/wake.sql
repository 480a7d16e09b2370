-- quarantine -> unknown for deliveries of which somebody now knows what became of them, who writes that next.
-- $1 delivery ids, $2 epochs (null: whichever). Twice: they have moved.
update deliveries d set state = 'unknown'
  from unnest($1::bigint[], $2::int[]) as a(delivery_id, epoch)
 where d.delivery_id = a.delivery_id and d.epoch = coalesce(a.epoch, d.epoch) and d.state = 'quarantine'
