-- Writes what became of provider calls. Only the epoch that made the call may speak, and of what is under way only under its claim: a
-- failover may forget an epoch and count it again, and gives no claim's number twice; a late word still settles an unknown,
-- and adds the provider's own name for a message to what feedback has settled.
-- $1 delivery ids, $2 epochs, $3 states, $4 reasons, $5 provider ids, $6 seconds to wait (planned), $7 provider,
-- $8 business time (null: now), $9 claim, $10 seconds after which an unknown is given up,
-- $11 whether the provider took others meanwhile and named no time (planned), $12 seconds until an unknown is asked about,
-- $13 whether nothing else is under way under the claim.
-- Of $3, $4, $6 and $11 a list may be empty where all are accepted, without reason, or 0.
-- Rows: one; how many were written, of those that were not taken the gates and what they would have cost, how many may be tried again,
-- whether the server is the one that the ledger is known on: if not, nothing is written; and whether the claim is not there any more.
-- Safe to run twice: the second time finds nothing in sending.
-- The claim is locked before its deliveries, as the reaper does it.
with known as materialized (
    select coalesce((select name from incarnations order by incarnation_id desc limit 1) = server_incarnation(), false) as same
), held as materialized (
    select claim_id from claims where claim_id = $9 for update
), settled as (
    update deliveries d
       set state = a.state, reason = nullif(a.reason, ''), provider = $7, provider_id = nullif(a.provider_id, ''),
           due_at = case when a.state = 'planned' then least(coalesce($8::timestamptz, now()) + make_interval(secs => a.wait), d.expires_at) end,
           returned = d.returned + (a.state = 'planned')::int, untaken = d.untaken + (a.state = 'planned' and a.untaken)::int,
           settled_at = case when a.state <> 'planned' then clock_timestamp() end
      from (select t.delivery_id, t.epoch, coalesce(t.state, 'accepted') as state, t.reason, t.provider_id, coalesce(t.wait, 0) as wait,
                   coalesce(t.untaken, false) as untaken
              from unnest($1::bigint[], $2::int[], $3::text[], $4::text[], $5::text[], $6::float8[], $11::bool[])
                as t(delivery_id, epoch, state, reason, provider_id, wait, untaken)
                     where (select count(*) from held) >= 0 and (select same from known) offset 0) a
     where d.delivery_id = a.delivery_id and d.epoch = a.epoch and ((d.state = 'sending' and (select count(*) from held) = 1) or (d.state = 'unknown' and a.state in ('accepted', 'failed'))
            or (d.state = 'accepted' and a.state = 'accepted' and d.provider_id is null and a.provider_id <> ''))
    returning d.delivery_id, d.epoch, d.state, d.gate_at, d.cost_micros
), doubt as (
    insert into claims (kind, attend_at, ask_at, delivery_ids, epochs)
    select 'doubt', clock_timestamp() + make_interval(secs => $10), clock_timestamp() + make_interval(secs => $12), array_agg(delivery_id), array_agg(epoch) from settled where state = 'unknown' having count(*) > 0
), done as (
    delete from claims where claim_id = $9 and $13 and (select same from known)
)
select count(*), array_agg(gate_at) filter (where state in ('planned', 'failed') and cost_micros > 0),
       array_agg(cost_micros) filter (where state in ('planned', 'failed') and cost_micros > 0), count(*) filter (where state = 'planned'), (select same from known), (select count(*) from held) = 0 from settled
