-- Locks customers whose holds are about to change, so that a gate either sees the change or was done before it.
-- $1 customer ids. Rows: none; the command tag counts. Twice: only locks.
select from contacts where customer_id = any($1::bigint[]) order by customer_id for no key update
