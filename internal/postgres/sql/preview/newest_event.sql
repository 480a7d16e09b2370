-- The newest event of a name of one customer up to an instant. $1 customer, $2 instant, $3 name.
select e.customer_id, e.at, e.event_id
  from events e
 where e.customer_id = $1 and e.name = $3 and e.at <= $2
 order by e.at desc, e.event_id desc
 limit 1
