-- All words on deliveries. $1 delivery ids.
select delivery_id, type, at, received_at, coalesce(reason, ''), hard, clock_timestamp()
  from feedback where delivery_id = any ($1::bigint[])
 order by delivery_id, feedback_id
