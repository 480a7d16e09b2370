-- After a failover: sending -> unknown for all that is under way. What its worker has written may be lost, and with it that another worker
-- had it since: only an outcome still settles it, and nobody gives it back.
-- $1 reason, $2 seconds after which a doubt is given up, $3 seconds until it is asked about. Rows: one count.
with moved as (
    update deliveries d set state = 'unknown', reason = $1, settled_at = clock_timestamp()
     where d.state = 'sending'
    returning d.delivery_id, d.epoch
), doubt as (
    insert into claims (kind, attend_at, ask_at, delivery_ids, epochs)
    select 'doubt', clock_timestamp() + make_interval(secs => $2), clock_timestamp() + make_interval(secs => $3), array_agg(delivery_id), array_agg(epoch)
      from (select *, row_number() over (order by delivery_id) / 500 as part from moved) m group by part
)
select count(*) from moved
