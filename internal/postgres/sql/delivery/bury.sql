-- planned -> dead for deliveries whose message cannot be rendered. $1 delivery ids, $2 reasons.
update deliveries d set state = 'dead', reason = a.reason, due_at = null, settled_at = clock_timestamp()
  from (select * from unnest($1::bigint[], $2::text[]) as t(delivery_id, reason) offset 0) a
 where d.delivery_id = a.delivery_id and d.state = 'planned'
