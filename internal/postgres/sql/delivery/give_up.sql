-- unknown that nobody could settle in time becomes unknown_final: counted as sent, never sent again. $1 seconds, $2 at most so many rows.
with old as (
    select delivery_id, customer_id, entered_at from deliveries
     where state = 'unknown' and settled_at < clock_timestamp() - make_interval(secs => $1)
     order by settled_at limit $2 for no key update skip locked
)
update deliveries d
   set state = 'unknown_final', reason = coalesce(d.reason, 'no word from the provider'), settled_at = clock_timestamp()
  from old o
 where d.delivery_id = o.delivery_id and d.customer_id = o.customer_id and d.entered_at = o.entered_at
