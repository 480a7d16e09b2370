-- What one point knows of each enrollment: the rows behind evaluation/observations, for who wants to add them up himself.
-- $1 to $9 as there, $10 margin (null: not known), $11 millionths in a minor unit, $12 and $13 who entered from when and before when (null: all).
-- Rows: enrollment, customer, arm, entered_at, round, anchor, whether final, orders, revenue, what this campaign's codes took off, messages in
-- millionths, profit (null: margin not known). By enrollment and round, everyone assigned.
-- Twice: only reads.
with anchored as materialized (
    select a.*, a.anchor + make_interval(secs => $6) as closes, coalesce(a.anchor + make_interval(secs => $6 + $7) + interval '24 hours' <= $8, false) as final
      from point_anchors($1, $2, $3, $4, $5, $8) a
     where ($12::timestamptz is null or a.entered_at >= $12) and ($13::timestamptz is null or a.entered_at < $13)
), redemption as (
    select c.redeemed_order_id as order_id, sum(c.redeemed_minor) as minor
      from coupons c
      join enrollments e on e.customer_id = c.customer_id and e.enrollment_id between c.enrollment_id and c.enrollment_id
     where c.redeemed_order_id is not null and c.redeemed_at <= $8 and e.campaign_id = $1
     group by 1
), bought as (
    select a.enrollment_id, a.round, count(*) as orders,
           sum(o.gross_minor - case when o.refunded_minor = 0 then 0 else
               (select coalesce(sum(f.amount_minor), 0) from refunds f where f.order_id = o.order_id
                   and f.refunded_at <= least($8, o.placed_at + make_interval(secs => $7))) end) as revenue,
           sum(coalesce(r.minor, 0)) as redeemed
      from anchored a
      join orders o on o.customer_id = coalesce((select m.merged_into from customers m where m.customer_id = a.customer_id and m.merged_into is not null), a.customer_id) and o.currency = $9 and o.order_id is distinct from a.trigger_order_id
       and o.placed_at >= a.anchor and o.placed_at < a.closes and o.placed_at <= $8
       and (o.unkept_at is null or o.unkept_at > least($8, o.placed_at + make_interval(secs => $7)))
      left join redemption r on r.order_id = o.order_id
     group by 1, 2
), message as (
    select a.enrollment_id, a.round, sum(d.cost_micros) as micros
      from anchored a
      join deliveries d on d.customer_id = a.customer_id and d.enrollment_id between a.enrollment_id and a.enrollment_id
       and d.scheduled_at >= a.anchor and d.scheduled_at < a.closes
     where d.cost_micros > 0 and d.state in ('sending', 'accepted', 'unknown', 'unknown_final') and d.gate_at <= $8
     group by 1, 2
)
select a.enrollment_id, a.customer_id, a.arm, a.entered_at, a.round, a.anchor, a.final, coalesce(b.orders, 0)::bigint, coalesce(b.revenue, 0)::bigint,
       coalesce(b.redeemed, 0)::bigint, coalesce(m.micros, 0)::bigint,
       (half_even($10::numeric * coalesce(b.revenue, 0)) - coalesce(b.redeemed, 0) - half_even(coalesce(m.micros, 0) / $11::numeric))::bigint
  from anchored a
  left join bought b on b.enrollment_id = a.enrollment_id and b.round = a.round
  left join message m on m.enrollment_id = a.enrollment_id and m.round = a.round
 order by a.enrollment_id, a.round
