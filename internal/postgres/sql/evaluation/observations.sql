-- Sufficient statistics of one point, one row an arm: everyone enrolled in the round, in or out by then, both arms.
-- $1 campaign, $2 design, $3 anchor: entry | wave | end, $4 wave (anchor = wave), $5 round (0: every round), $6 window in seconds,
-- $7 return window in seconds, $8 as of (nothing later is known), $9 currency.
-- matured: window over for 24 h; final: return window over as well. An order counts if it was kept: not all of it came back
-- within the return window, as far as is known; the order that brought the customer in never counts.
with anchored as (
    select * from point_anchors($1, $2, $3, $4, $5, $8)
), outcome as (
    select a.arm, a.anchor, b.orders, b.revenue,
           a.anchor + make_interval(secs => $6) + interval '24 hours' <= $8 as matured,
           a.anchor + make_interval(secs => $6 + $7) + interval '24 hours' <= $8 as final
      from anchored a
     cross join lateral (
           select count(*) as orders,
                  coalesce(sum(o.gross_minor - case when o.refunded_minor = 0 then 0 else
                       (select coalesce(sum(f.amount_minor), 0) from refunds f where f.order_id = o.order_id
                           and f.refunded_at <= least($8, o.placed_at + make_interval(secs => $7))) end), 0) as revenue
             from orders o
            where o.customer_id = a.customer_id and o.currency = $9 and o.order_id is distinct from a.trigger_order_id
              and o.placed_at >= a.anchor and o.placed_at < a.anchor + make_interval(secs => $6) and o.placed_at <= $8
              and (o.unkept_at is null or o.unkept_at > least($8, o.placed_at + make_interval(secs => $7)))) b
)
select arm, count(*),
       count(*) filter (where matured), count(*) filter (where matured and orders > 0),
       coalesce(sum(orders) filter (where matured), 0)::bigint, coalesce(sum(revenue) filter (where matured), 0)::bigint,
       count(*) filter (where final), count(*) filter (where final and orders > 0),
       coalesce(sum(orders) filter (where final), 0)::bigint, coalesce(sum(revenue) filter (where final), 0)::bigint,
       max(anchor)
  from outcome
 group by arm
 order by arm
