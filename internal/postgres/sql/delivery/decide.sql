-- Writes what the gate said, in the transaction that holds the customers. A row that goes to sending gets a new epoch. The command tag counts:
-- a row that somebody else has moved since it was read, who sweeps, cancels or puts off without the customer's lock, is not written to.
-- $1 delivery ids, $2 customer ids, $3 entered_at, $4 states, $5 reasons, $6 channels, $7 due_at (planned; null: unchanged), $8 business time,
-- $9 cost in millionths of the main unit, $10 what they lost to, as JSON (null: nothing; what held one before stays where that ended it),
-- $11 hashes of the messages (null: none is kept), $12 epochs and $13 due_at as they were read; of $4 to $7 and $9 to $11 a list may be empty where
-- all are sending, without reason, on the channel $14, with the cost $15, or null.
-- What goes out or is withheld or suppressed is taken off what is due here, and by a trigger otherwise.
-- OFFSET 0 keeps the planner from reading the whole wave for each chunk of a ledger that was never analyzed.
with gone as (
    delete from due q
     using (select t.delivery_id, t.was_due from unnest($1::bigint[], $13::timestamptz[], $4::text[]) as t(delivery_id, was_due, state)
             where coalesce(t.state, 'sending') in ('sending', 'withheld', 'suppressed') offset 0) a
     where q.due_at = a.was_due and q.delivery_id = a.delivery_id
)
update deliveries d
   set state = a.state, reason = nullif(a.reason, ''), channel = a.channel,
       due_at = case when a.state = 'planned' then coalesce(a.due_at, d.due_at) end,
       epoch = d.epoch + (a.state = 'sending')::int,
       claimed_at = case when a.state = 'sending' then clock_timestamp() else d.claimed_at end,
       body = case when a.state = 'sending' then a.body else d.body end,
       gate_at = case when a.state in ('sending', 'withheld') then $8::timestamptz else d.gate_at end,
       cost_micros = case when a.state in ('sending', 'withheld') then a.cost else d.cost_micros end,
       lost_to = case when a.lost is null and a.state = 'expired' and a.reason = 'held' then d.lost_to else a.lost end,
       settled_at = case when a.state not in ('planned', 'sending') then clock_timestamp() end
  from (select t.delivery_id, t.customer_id, t.entered_at, coalesce(t.state, 'sending') as state, t.reason, coalesce(t.channel, $14) as channel, t.due_at,
               coalesce(t.cost, $15) as cost, t.lost, t.body, t.epoch, t.was_due
          from unnest($1::bigint[], $2::bigint[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $9::bigint[], $10::jsonb[], $11::bytea[], $12::int[], $13::timestamptz[])
            as t(delivery_id, customer_id, entered_at, state, reason, channel, due_at, cost, lost, body, epoch, was_due) offset 0) a
 where d.delivery_id = a.delivery_id and d.customer_id = a.customer_id and d.entered_at = a.entered_at
   and d.state = 'planned' and d.epoch = a.epoch and d.due_at = a.was_due
