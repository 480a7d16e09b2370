-- No claim is long lapsed, and nothing is on its way that no claim speaks of: a row that nobody looks after is lost.
select d.delivery_id from deliveries d
 where d.state = 'sending' and d.claimed_at < clock_timestamp() - interval '2 minutes'
    or d.state = 'unknown' and d.settled_at < clock_timestamp() - interval '73 hours'
