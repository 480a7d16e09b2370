-- The orders of customers as a fit reads them: as of its instant, customer by customer, oldest first.
-- $1 at        timestamptz  what was known by then
-- $2 currency  text
-- $3 check     timestamptz  orders of which nothing was kept any more before it are left out
-- Rows: what was kept of an order, and when the last of it came back; null: something was kept.
select o.customer_id, o.placed_at,
       o.gross_minor - case when o.refunded_minor = 0 then 0
                            else (select coalesce(sum(r.amount_minor), 0)::bigint from refunds r where r.order_id = o.order_id and r.refunded_at <= $1) end as minor,
       case when o.unkept_at <= $1 then o.unkept_at end as lost_at
  from orders o
 where o.customer_id is not null and o.currency = $2 and o.placed_at <= $1 and (o.unkept_at is null or o.unkept_at >= $3)
 order by o.customer_id, o.placed_at
