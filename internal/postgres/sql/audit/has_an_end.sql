-- No lease is long lapsed, and nothing that expired an hour ago still waits: a row that nobody looks after is lost.
select delivery_id from deliveries
 where (state = 'sending' and lease_until < clock_timestamp() - interval '90 seconds')
    or (state = 'unknown' and settled_at < clock_timestamp() - interval '73 hours')
