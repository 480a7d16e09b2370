-- Claims whose time has come. A lease that lapsed: its worker may or may not have made the calls, so they are unknown, and a
-- doubt from now on. A doubt that nobody settled becomes unknown_final: counted as sent, never sent again.
-- $1 seconds after which an unknown is given up, $2 at most so many claims, $3 seconds until an unknown is asked about. Safe to run twice.
with due as (
    select claim_id, kind, delivery_ids, epochs from claims where attend_at < clock_timestamp() order by attend_at limit $2 for update skip locked
), ids as (
    select kind, unnest(delivery_ids) as delivery_id, unnest(epochs) as epoch from due
), unknown as (
    update deliveries d set state = 'unknown', reason = 'lease lapsed', settled_at = clock_timestamp()
      from ids where ids.kind = 'lease' and d.delivery_id = ids.delivery_id and d.epoch = ids.epoch and d.state = 'sending'
    returning d.delivery_id, d.epoch
), final as (
    update deliveries d set state = 'unknown_final', reason = coalesce(d.reason, 'no word from the provider'), settled_at = clock_timestamp()
      from ids where ids.kind = 'doubt' and d.delivery_id = ids.delivery_id and d.epoch = ids.epoch and d.state = 'unknown'
    returning d.delivery_id
), doubt as (
    insert into claims (kind, attend_at, ask_at, delivery_ids, epochs) -- 500 each, so that several may ask
    select 'doubt', clock_timestamp() + make_interval(secs => $1), clock_timestamp() + make_interval(secs => $3), array_agg(delivery_id), array_agg(epoch)
      from (select *, row_number() over (order by delivery_id) / 500 as part from unknown) u group by part
), done as (
    delete from claims c using due where c.claim_id = due.claim_id
)
select (select count(*) from unknown), (select count(*) from final), (select count(*) from due)
