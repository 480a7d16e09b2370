-- The properties of the events that brought customers in. $1 delivery ids, $2 their customers, $3 their entered_at.
select d.delivery_id, v.props
  from unnest($1::bigint[], $2::bigint[], $3::timestamptz[]) as a(delivery_id, customer_id, entered_at)
  join deliveries d on d.delivery_id = a.delivery_id and d.customer_id = a.customer_id and d.entered_at = a.entered_at
  join enrollments e on e.customer_id = d.customer_id and e.entered_at = d.entered_at and e.enrollment_id = d.enrollment_id
  join events v on v.event_id = e.trigger_event_id
