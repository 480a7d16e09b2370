-- Writes what the gate said, in the transaction that holds the customers. A row that goes to sending gets a new epoch. The command tag counts:
-- a row that somebody else has moved since it was read, who sweeps, cancels or puts off without the customer's lock, is not written to.
-- $1 delivery ids, $2 places, $3 epochs and $4 due_at as they were read, in $5 the channel; $6 states, $7 reasons, $8 channels,
-- $9 due_at (planned; null: unchanged), $10 cost in millionths of the main unit, $11 what they lost to, as JSON (null: nothing; what held one
-- before stays where that ended it), $12 hashes of the messages (null: none is kept); of $6 to $12 a list may be empty where all are sending,
-- without reason, on that channel, with the cost $13, or null. $14 business time.
-- What goes out or is withheld or suppressed is taken off what is due here, and by a trigger otherwise.
-- OFFSET 0 keeps the planner from reading the whole wave for each chunk of a ledger that was never analyzed.
with gone as (
    delete from due q
     using (select t.delivery_id, t.was_due from unnest($1::bigint[], $4::timestamptz[], $6::text[]) as t(delivery_id, was_due, state)
             where coalesce(t.state, 'sending') in ('sending', 'withheld', 'suppressed') offset 0) a
     where q.due_at = a.was_due and q.delivery_id = a.delivery_id
)
update deliveries d
   set state = a.state, reason = nullif(a.reason, ''), channel = a.channel,
       due_at = case when a.state = 'planned' then coalesce(a.due_at, d.due_at) end,
       epoch = d.epoch + (a.state = 'sending')::int,
       claimed_at = case when a.state = 'sending' then clock_timestamp() else d.claimed_at end,
       body = case when a.state = 'sending' then a.body else d.body end,
       gate_at = case when a.state in ('sending', 'withheld') then $14::timestamptz else d.gate_at end,
       cost_micros = case when a.state in ('sending', 'withheld') then a.cost else d.cost_micros end,
       lost_to = case when a.lost is null and a.state = 'expired' and a.reason = 'held' then d.lost_to else a.lost end,
       settled_at = case when a.state not in ('planned', 'sending') then clock_timestamp() end
  from (select t.delivery_id, t.place, t.epoch, t.was_due, coalesce(t.state, 'sending') as state, t.reason, coalesce(t.channel, $5) as channel, t.due_at,
               coalesce(t.cost, $13) as cost, t.lost, t.body
          from unnest($1::bigint[], $2::tid[], $3::int[], $4::timestamptz[], $6::text[], $7::text[], $8::text[], $9::timestamptz[], $10::bigint[], $11::jsonb[], $12::bytea[])
            as t(delivery_id, place, epoch, was_due, state, reason, channel, due_at, cost, lost, body) offset 0) a
 where d.ctid = a.place and d.delivery_id = a.delivery_id and d.channel = $5 and d.state = 'planned' and d.epoch = a.epoch and d.due_at = a.was_due
