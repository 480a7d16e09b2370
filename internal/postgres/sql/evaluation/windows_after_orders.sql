-- What customers spent in the windows that their orders opened, as far as these were over at an instant: the quantiles that bound what
-- one enrollment of a campaign entered by orders counts for. $1 instant, $2 window in seconds, $3 return window in seconds, $4 currency,
-- $5 at most so many windows, the newest.
-- Windows (placed, placed + $2] of kept orders, that ended in the year before $1; in each the kept orders less what came back of them,
-- as of $1; zeros included.
-- Rows: one: windows, quantiles 0.99 and 0.995 of type 7 (null: no window), in minor units, half to even. Twice: only reads.
with opening as materialized (
    select o.order_id, o.customer_id, o.placed_at
      from orders o
     where o.customer_id is not null and o.currency = $4 and (o.unkept_at is null or o.unkept_at > $1)
       and o.placed_at > $1::timestamptz - interval '365 days' - make_interval(secs => $2) and o.placed_at <= $1::timestamptz - make_interval(secs => $2)
     order by o.placed_at desc, o.order_id desc
     limit $5
), total as (
    select w.order_id,
           coalesce(sum(o.gross_minor - case when o.refunded_minor = 0 then 0 else
               (select coalesce(sum(f.amount_minor), 0) from refunds f where f.order_id = o.order_id
                   and f.refunded_at <= least($1, o.placed_at + make_interval(secs => $3))) end), 0) as minor
      from opening w
      left join orders o on o.customer_id = w.customer_id and o.currency = $4 and o.placed_at > w.placed_at
       and o.placed_at <= w.placed_at + make_interval(secs => $2) and o.placed_at < $1
       and (o.unkept_at is null or o.unkept_at > least($1, o.placed_at + make_interval(secs => $3)))
     group by w.order_id
)
select count(*), half_even((percentile_cont(0.99) within group (order by minor::float8))::numeric)::bigint,
       half_even((percentile_cont(0.995) within group (order by minor::float8))::numeric)::bigint
  from total
