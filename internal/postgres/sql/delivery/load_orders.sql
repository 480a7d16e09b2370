-- What customers have ordered and kept. $1 customer ids, $2 business time (null: now), $3 the currency in which what was spent is wanted.
-- Rows: customer, orders, when the last was placed, minor units of those in the currency, net (null: there are none).
select o.customer_id, count(*), max(o.placed_at),
       sum(o.gross_minor - case when o.refunded_minor = 0 then 0 else
               (select coalesce(sum(f.amount_minor), 0) from refunds f where f.order_id = o.order_id and f.refunded_at <= coalesce($2::timestamptz, now())) end)
           filter (where o.currency = $3)::bigint
  from orders o
 where o.customer_id = any ($1) and o.placed_at <= coalesce($2::timestamptz, now()) and (o.unkept_at is null or o.unkept_at > coalesce($2::timestamptz, now()))
 group by 1
