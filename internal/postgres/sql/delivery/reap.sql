-- A lease that lapsed: the worker that had it may or may not have made the call, so it is unknown. Lease time only.
-- $1 at most so many rows.
with lapsed as (
    select delivery_id, customer_id, entered_at from deliveries
     where state = 'sending' and lease_until < clock_timestamp()
     order by lease_until limit $1 for no key update skip locked
)
update deliveries d
   set state = 'unknown', reason = 'lease lapsed', lease_until = null, settled_at = clock_timestamp()
  from lapsed l
 where d.delivery_id = l.delivery_id and d.customer_id = l.customer_id and d.entered_at = l.entered_at
