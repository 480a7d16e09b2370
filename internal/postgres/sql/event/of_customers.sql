-- The events of customers up to an instant, oldest first.
-- $1 customer ids, $2 names text[], $3 instant (null: no end).
-- Rows: one an event, by customer.
select e.customer_id, e.event_id, e.source, e.source_event_id, e.name, e.at, e.props
  from events e
 where e.customer_id = any($1::bigint[]) and e.name = any($2::text[]) and ($3::timestamptz is null or e.at <= $3)
 order by e.customer_id, e.at, e.event_id
