-- What binds campaigns together: the final enrollments of several primary points, as sums over customers. A campaign's point is
-- numbered from 1 in the order given.
-- $1 campaigns, $2 designs, $3 anchors, $4 waves, $5 rounds, $6 windows in seconds, $7 caps on profit in minor units (null: none), all of
-- equal length; $8 return window in seconds, $9 as of, $10 currency, $11 margin (null: not known), $12 millionths in a minor unit.
-- An enrollment's outcome is as evaluation/observations has it: whether it bought, and its capped profit.
-- Rows: kind, point, other point, arm, other arm, stratum, n, figures.
--   pair     of every two enrollments of one customer, one of the point and one of the other, an enrollment and itself too: n of them;
--            buyers of the one, of the other, of both; profit of the one, of the other, their product; customers of whom windows overlap
--   segment  of a stratum ('' where there is none): n enrollments; buyers, and power sums of profit
--   contact  n enrollments; own messages, what they cost in millionths, own ghosts that would have gone, what they would have cost,
--            and of the messages of other campaigns the power sums
-- Sums are exact: they become floating point at the very end. Twice: only reads.
with point as (
    select * from unnest($1::int[], $2::int[], $3::text[], $4::text[], $5::int[], $6::float8[], $7::bigint[])
             with ordinality as p(campaign, design, anchor, wave, round, secs, cap, i)
), person as materialized (
    select customer_id, coalesce(merged_into, customer_id) as root from customers
), unit as materialized (
    select p.i, p.campaign, p.cap, a.arm, n.root, a.customer_id, a.enrollment_id, a.round, a.trigger_order_id, a.anchor as opens, a.anchor + make_interval(secs => p.secs) as closes,
           coalesce((select e.stratum from enrollments e where e.customer_id = a.customer_id and e.enrollment_id between a.enrollment_id and a.enrollment_id), '') as stratum
      from point p
     cross join lateral point_anchors(p.campaign, p.design, p.anchor, p.wave, p.round, $9) a
      join person n on n.customer_id = a.customer_id
     where a.arm in ('treat', 'hold') and a.anchor + make_interval(secs => p.secs + $8) + interval '24 hours' <= $9
), redemption as (
    select e.campaign_id, c.redeemed_order_id as order_id, sum(c.redeemed_minor) as minor
      from coupons c
      join enrollments e on e.customer_id = c.customer_id and e.enrollment_id between c.enrollment_id and c.enrollment_id -- why: evaluation/observations
     where c.redeemed_order_id is not null and c.redeemed_at <= $9
     group by 1, 2
), bought as (
    select u.i, u.enrollment_id, count(*) as orders, sum(coalesce(r.minor, 0)) as redeemed,
           sum(o.gross_minor - case when o.refunded_minor = 0 then 0 else
               (select coalesce(sum(f.amount_minor), 0) from refunds f where f.order_id = o.order_id
                   and f.refunded_at <= least($9, o.placed_at + make_interval(secs => $8))) end) as revenue
      from unit u
      join orders o on o.customer_id = u.root and o.currency = $10 and o.order_id is distinct from u.trigger_order_id
       and o.placed_at >= u.opens and o.placed_at < u.closes and o.placed_at <= $9
       and (o.unkept_at is null or o.unkept_at > least($9, o.placed_at + make_interval(secs => $8)))
      left join redemption r on r.order_id = o.order_id and r.campaign_id = u.campaign
     group by 1, 2
), message as (
    select u.i, u.enrollment_id,
           count(*) filter (where x.own and x.sent) as own, coalesce(sum(x.cost_micros) filter (where x.own and x.sent), 0) as micros,
           count(*) filter (where x.own and x.ghost) as would, coalesce(sum(x.cost_micros) filter (where x.own and x.ghost), 0) as would_micros,
           count(*) filter (where x.sent and x.campaign_id <> u.campaign) as others
      from unit u
      join person n on n.root = u.root
      join lateral (
           select d.campaign_id, d.cost_micros, d.enrollment_id = u.enrollment_id as own,
                  d.state in ('sending', 'accepted', 'unknown', 'unknown_final') as sent, d.state = 'withheld' and d.cost_micros is not null as ghost
             from deliveries d
            where d.customer_id = n.customer_id and d.scheduled_at >= u.opens and d.scheduled_at < u.closes and d.gate_at <= $9) x on true
     group by 1, 2
), measured as materialized (
    select u.i, u.arm, u.root, u.stratum, u.opens, u.closes, case when b.orders > 0 then 1 else 0 end as y, least(w.profit, u.cap) as p,
           coalesce(m.own, 0) as own, coalesce(m.micros, 0) as micros, coalesce(m.would, 0) as would, coalesce(m.would_micros, 0) as would_micros, coalesce(m.others, 0) as others
      from unit u
      left join bought b on b.i = u.i and b.enrollment_id = u.enrollment_id
      left join message m on m.i = u.i and m.enrollment_id = u.enrollment_id
     cross join lateral (select coalesce(half_even($11::numeric * b.revenue), 0) - coalesce(b.redeemed, 0) - half_even(coalesce(m.micros, 0) / $12::numeric) as profit) w
)
select 'pair', a.i::int, b.i::int, a.arm, b.arm, '', count(*),
       array[sum(a.y), sum(b.y), sum(a.y * b.y), sum(a.p), sum(b.p), sum(a.p * b.p), count(distinct a.root) filter (where a.opens < b.closes and b.opens < a.closes)]::float8[]
  from measured a
  join measured b on b.root = a.root and b.i >= a.i
 group by 2, 3, 4, 5
union all
select 'segment', i::int, 0, arm, '', stratum, count(*), array[sum(y), sum(p), sum(p * p), sum(p * p * p)]::float8[]
  from measured
 group by 2, 4, 6
union all
select 'contact', i::int, 0, arm, '', '', count(*),
       array[sum(own), sum(micros), sum(would), sum(would_micros), sum(others), sum(others * others), sum(others * others * others)]::float8[]
  from measured
 group by 2, 4
 order by 1, 2, 3, 4, 5, 6
