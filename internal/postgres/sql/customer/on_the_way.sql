-- Messages to customers that are planned, and that are on their way: at a provider, or perhaps. $1 customer ids.
-- Rows: one: planned, on their way. Twice: only reads.
select count(*) filter (where d.state = 'planned'), count(*) filter (where d.state in ('sending', 'unknown'))
  from deliveries d where d.customer_id = any ($1::bigint[]) and d.arm = 'treat' and not d.skip
