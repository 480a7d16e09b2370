-- Locks what waits to be decided of a customer, before anything of theirs: a planner that has it in hand may take a minute, and
-- nobody else is to wait for that. $1 customer. Rows: one count. Twice: only locks.
with orders as (
    select 1 from inbox where customer_id = $1 order by campaign_id, order_id for update
), events as (
    select 1 from event_inbox where customer_id = $1 order by campaign_id, event_id for update
)
select (select count(*) from orders) + (select count(*) from events)
