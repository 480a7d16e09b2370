-- After a failover: planned -> quarantine for what a gate may have let out whose commit is lost: all that was due, however long, because a
-- backlog is gated at its front. The pass that may have been is counted, and dated to when it was due;
-- what it cost nobody knows, and what an earlier one did was given back. Ghosts cannot have been sent, and
-- what had expired no gate lets out. Each is a doubt.
-- $1 reason, $2 seconds after which a doubt is given up. Rows: one count.
with moved as (
    update deliveries d
       set state = 'quarantine', reason = $1, epoch = d.epoch + 1, due_at = null, settled_at = clock_timestamp(), claimed_at = clock_timestamp(),
           gate_at = greatest(d.due_at, d.scheduled_at), cost_micros = null
      from due q
     where q.due_at <= clock_timestamp() + interval '5 seconds' and d.delivery_id = q.delivery_id and d.due_at <= clock_timestamp() + interval '5 seconds' and d.state = 'planned' and d.arm = 'treat' and not d.skip
       and d.expires_at > greatest(d.due_at, d.scheduled_at)
    returning d.delivery_id, d.epoch
), doubt as (
    insert into claims (kind, attend_at, ask_at, delivery_ids, epochs)
    select 'doubt', clock_timestamp() + make_interval(secs => $2), clock_timestamp(), array_agg(delivery_id), array_agg(epoch)
      from (select *, row_number() over (order by delivery_id) / 500 as part from moved) m group by part
)
select count(*) from moved
