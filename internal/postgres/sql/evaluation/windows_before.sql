-- What the customers that a shop had at the beginning of the last window before an instant spent in it: the quantiles that bound what
-- one enrollment of a scheduled campaign counts for. Parameters and rows as evaluation/windows_after_orders.
-- Customers with a kept order before $1 - $2, each once, at most $5, spread evenly over all; of each the kept orders in [$1 - $2, $1).
with customer as materialized (
    select o.customer_id
      from orders o
     where o.customer_id is not null and o.currency = $4 and (o.unkept_at is null or o.unkept_at > $1)
       and o.placed_at < $1::timestamptz - make_interval(secs => $2)
     group by o.customer_id
     order by hashint8(o.customer_id), o.customer_id
     limit $5
), total as (
    select c.customer_id,
           coalesce(sum(o.gross_minor - case when o.refunded_minor = 0 then 0 else
               (select coalesce(sum(f.amount_minor), 0) from refunds f where f.order_id = o.order_id
                   and f.refunded_at <= least($1, o.placed_at + make_interval(secs => $3))) end), 0) as minor
      from customer c
      left join orders o on o.customer_id = c.customer_id and o.currency = $4
       and o.placed_at >= $1::timestamptz - make_interval(secs => $2) and o.placed_at < $1
       and (o.unkept_at is null or o.unkept_at > least($1, o.placed_at + make_interval(secs => $3)))
     group by c.customer_id
)
select count(*), half_even((percentile_cont(0.99) within group (order by minor::float8))::numeric)::bigint,
       half_even((percentile_cont(0.995) within group (order by minor::float8))::numeric)::bigint
  from total
