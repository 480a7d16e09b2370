-- Sufficient statistics of one group of the global holdout over a span, one row an arm: everybody who was assigned before it ended,
-- counted from the assignment or the span's begin, whichever is later. Rows are as those of evaluation/observations, hold for those held
-- out of everything and treat for the rest; in the place of the last anchor stands that of the assignment. Last, how many were reached
-- all the same: a promotion of any campaign went out to them in the span.
-- $1 epoch, $2 share in parts per billion, $3 from, $4 until, $5 return window in seconds, $6 as of, $7 currency, $8 margin (null: not
-- known), $9 millionths in a minor unit, what one customer counts for at most: $10 revenue and $11 profit where fewer than $12 are held
-- out, $13 revenue and $14 profit otherwise.
-- The cost is the whole of it: messages and redeemed codes of all campaigns, services too, as both groups get them.
-- Twice: only reads.
with person as materialized (
    select customer_id, coalesce(merged_into, customer_id) as root from customers
), assigned as (
    select distinct on (p.root) p.root, e.entered_at, e.arm, e.trigger_order_id, g.global_ppb
      from enrollments e
      join campaign_designs g on g.campaign_id = e.campaign_id and g.design = e.design
      join person p on p.customer_id = e.customer_id
     where g.epoch = $1 and e.entered_at < $4 and e.entered_at <= $6
     order by p.root, e.entered_at, e.enrollment_id
), anchored as materialized (
    select root, case arm when 'global_hold' then 'hold' else 'treat' end as arm, entered_at, trigger_order_id, greatest(entered_at, $3) as opens,
           $4::timestamptz + interval '24 hours' <= $6 as matured,
           $4::timestamptz + make_interval(secs => $5) + interval '24 hours' <= $6 as final
      from assigned
     where global_ppb = $2
), redemption as (
    select redeemed_order_id as order_id, sum(redeemed_minor) as minor
      from coupons
     where redeemed_order_id is not null and redeemed_at <= $6
     group by 1
), bought as (
    select k.root, count(*) as orders, sum(k.net) as revenue, sum(k.redeemed) as redeemed, max(k.net) as largest
      from (select a.root, coalesce(r.minor, 0) as redeemed,
                   o.gross_minor - case when o.refunded_minor = 0 then 0 else
                       (select coalesce(sum(f.amount_minor), 0) from refunds f where f.order_id = o.order_id
                           and f.refunded_at <= least($6, o.placed_at + make_interval(secs => $5))) end as net
              from anchored a
              join orders o on o.customer_id = a.root and o.currency = $7 and o.order_id is distinct from a.trigger_order_id
               and o.placed_at >= a.opens and o.placed_at < $4 and o.placed_at <= $6
               and (o.unkept_at is null or o.unkept_at > least($6, o.placed_at + make_interval(secs => $5)))
              left join redemption r on r.order_id = o.order_id) k
     group by 1
), message as (
    select a.root, coalesce(sum(d.cost_micros), 0) as micros,
           bool_or(d.state = 'accepted' and d.arm = 'treat' and e.arm = 'treat') as reached
      from anchored a
      join person p on p.root = a.root
      join deliveries d on d.customer_id = p.customer_id and d.gate_at >= a.opens and d.gate_at < $4 and d.gate_at <= $6
      join enrollments e on e.customer_id = d.customer_id and e.entered_at = d.entered_at and e.enrollment_id = d.enrollment_id
     where d.state in ('sending', 'accepted', 'unknown', 'unknown_final')
     group by 1
), alike as (
    -- Most bought nothing and were sent the same: they are worked out once.
    select a.arm, a.matured, a.final, coalesce(b.orders, 0) as orders, coalesce(b.revenue, 0) as revenue, coalesce(b.redeemed, 0) as redeemed,
           coalesce(m.micros, 0) as micros, coalesce(m.reached, false) as reached, count(*) as n, max(b.largest) as largest, max(a.entered_at) as anchor
      from anchored a
      left join bought b on b.root = a.root
      left join message m on m.root = a.root
     group by 1, 2, 3, 4, 5, 6, 7, 8
), worth as (
    select x.*, p.profit, least(x.revenue, case when h.held < $12::bigint then $10::bigint else $13::bigint end) as revenue_capped,
           least(p.profit, case when h.held < $12::bigint then $11::bigint else $14::bigint end) as profit_capped
      from alike x
     cross join (select coalesce(sum(n) filter (where final and arm = 'hold'), 0) as held from alike) h
     cross join lateral (select coalesce(half_even($8::numeric * x.revenue), 0) - x.redeemed - half_even(x.micros / $9::numeric) as profit) p
), moments as (
    select arm, max(largest) as largest,
           array[sum(n * orders), sum(n * orders * orders), sum(n * orders * orders * orders)]::float8[] as orders,
           array[sum(n * revenue), sum(n * revenue * revenue), sum(n * revenue * revenue * revenue)]::float8[] as revenue,
           array[sum(n * revenue_capped), sum(n * revenue_capped * revenue_capped), sum(n * revenue_capped * revenue_capped * revenue_capped)]::float8[] as revenue_capped,
           array[sum(n * profit), sum(n * profit * profit), sum(n * profit * profit * profit)]::float8[] as profit,
           array[sum(n * profit_capped), sum(n * profit_capped * profit_capped), sum(n * profit_capped * profit_capped * profit_capped)]::float8[] as profit_capped
      from worth
     where final
     group by arm
), totals as (
    select arm, sum(n)::bigint as assigned, max(anchor) as anchor,
           coalesce(sum(n) filter (where matured), 0)::bigint as m_enrollments, coalesce(sum(n) filter (where matured and orders > 0), 0)::bigint as m_buyers,
           coalesce(sum(n * orders) filter (where matured), 0)::bigint as m_orders, coalesce(sum(n * revenue) filter (where matured), 0)::bigint as m_revenue,
           coalesce(sum(n) filter (where final), 0)::bigint as f_enrollments, coalesce(sum(n) filter (where final and orders > 0), 0)::bigint as f_buyers,
           coalesce(sum(n * orders) filter (where final), 0)::bigint as f_orders, coalesce(sum(n * revenue) filter (where final), 0)::bigint as f_revenue,
           sum(n * micros)::bigint as micros, sum(n * redeemed)::bigint as redeemed,
           coalesce(sum(n * micros) filter (where matured), 0)::bigint as m_micros, coalesce(sum(n * redeemed) filter (where matured), 0)::bigint as m_redeemed,
           coalesce(sum(n * micros) filter (where final), 0)::bigint as f_micros, coalesce(sum(n * redeemed) filter (where final), 0)::bigint as f_redeemed,
           coalesce(sum(n) filter (where reached), 0)::bigint as reached
      from worth
     group by arm
)
select t.arm, t.assigned, t.anchor, t.m_enrollments, t.m_buyers, t.m_orders, t.m_revenue, t.f_enrollments, t.f_buyers, t.f_orders, t.f_revenue,
       t.micros, t.redeemed, t.m_micros, t.m_redeemed, t.f_micros, t.f_redeemed, coalesce(s.largest, 0)::bigint,
       coalesce(s.orders, '{0,0,0}'), coalesce(s.revenue, '{0,0,0}'), coalesce(s.revenue_capped, '{0,0,0}'),
       coalesce(s.profit, '{0,0,0}'), coalesce(s.profit_capped, '{0,0,0}'), t.reached
  from totals t
  left join moments s on s.arm = t.arm
 order by t.arm
