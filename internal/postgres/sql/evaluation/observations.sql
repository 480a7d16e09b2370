-- Sufficient statistics of one point, one row an arm and cell: everyone enrolled in the round, in or out by then, both arms.
-- $1 campaign, $2 design, $3 anchor: entry | wave | end, $4 wave (anchor = wave), $5 round (0: every round), $6 window in seconds,
-- $7 return window in seconds, $8 as of (nothing later is known), $9 currency, $10 margin (null: not known), $11 millionths in a minor unit,
-- what one enrollment counts for at most, in minor units (null: no cap): $12 revenue and $13 profit where few held out are final,
-- $14 revenue and $15 profit where many are: the reader chooses.
-- $16 what parts the cells: nothing (empty), the variant or the channel of wave $17 in the round, the stratum, or
-- the text $17 that was frozen at entry, or the first day of the month or week of entry in the zone $17. Only those are read who
-- entered from $18 on and before $19 (null: all). What is not known is the cell ''.
-- matured: window over for 24 h; final: return window over as well. An order counts if it was kept: not all of it came back
-- within the return window, as far as is known; the order that brought the customer in never counts.
-- Rows: arm, cell, assigned, last anchor; enrollments, buyers, orders, revenue of those matured, then of those final; messages in millionths and
-- redeemed codes in minor units of all, of those matured, of those final; the largest order; of the final ones the sums of values,
-- squares and cubes: orders, revenue, profit, with either cap revenue and profit, and orders of which something came back within the
-- return window; of orders placed the sum, that of squares and that of products with those; of how many enrollments a marketing
-- consent was withdrawn in the window, where $20 asks; of these who redeemed a code of this campaign, and in minor units sum and squares
-- of what contact cost and of the margin before that, then the sums of cost x orders and of margin x cost. By arm and cell.
-- Profit is margin x revenue - what this campaign's codes took off the orders that count - the messages of the window, each of the
-- three in whole minor units, half to even. Sums are exact: they become floating point at the very end.
-- An enrollment is looked up by its customer and "between", not "=": of several equal columns the planner takes a join for empty, and
-- then goes through it row by row.
-- Twice: only reads.
with anchored as materialized (
    select a.*, a.anchor + make_interval(secs => $6) as closes,
           a.anchor + make_interval(secs => $6) + interval '24 hours' <= $8 as matured,
           a.anchor + make_interval(secs => $6 + $7) + interval '24 hours' <= $8 as final,
           coalesce(case $16::text
               when 'variant' then (select d.variant from deliveries d where d.customer_id = a.customer_id and d.entered_at = a.entered_at
                                       and d.enrollment_id = a.enrollment_id and d.round = a.round and d.wave = $17::text)
               when 'channel' then (select d.channel from deliveries d where d.customer_id = a.customer_id and d.entered_at = a.entered_at
                                       and d.enrollment_id = a.enrollment_id and d.round = a.round and d.wave = $17::text and d.state = 'accepted' and d.gate_at <= $8)
               when 'stratum' then (select e.stratum from enrollments e where e.customer_id = a.customer_id and e.entered_at = a.entered_at
                                       and e.enrollment_id = a.enrollment_id)
               when 'text' then (select e.texts ->> $17::text from enrollments e where e.customer_id = a.customer_id and e.entered_at = a.entered_at
                                    and e.enrollment_id = a.enrollment_id)
               when 'month' then to_char(date_trunc('month', a.entered_at at time zone $17::text), 'YYYY-MM-DD')
               when 'week' then to_char(date_trunc('week', a.entered_at at time zone $17::text), 'YYYY-MM-DD')
           end, '') as cell
      from point_anchors($1, $2, $3, $4, $5, $8) a
     where ($18::timestamptz is null or a.entered_at >= $18) and ($19::timestamptz is null or a.entered_at < $19)
), redemption as (
    select c.redeemed_order_id as order_id, sum(c.redeemed_minor) as minor
      from coupons c
      join enrollments e on e.customer_id = c.customer_id and e.enrollment_id between c.enrollment_id and c.enrollment_id
     where c.redeemed_order_id is not null and c.redeemed_at <= $8 and e.campaign_id = $1
     group by 1
), bought as (
    select k.enrollment_id, k.round, count(*) filter (where k.kept) as orders, sum(k.net) filter (where k.kept) as revenue,
           sum(k.redeemed) filter (where k.kept) as redeemed, bool_or(k.used) filter (where k.kept) as used, max(k.net) filter (where k.kept) as largest,
           count(*) as placed, count(*) filter (where not k.kept or k.net < k.gross_minor) as returned
      from (select a.enrollment_id, a.round, coalesce(r.minor, 0) as redeemed, r.order_id is not null as used, o.gross_minor,
                   o.unkept_at is null or o.unkept_at > least($8, o.placed_at + make_interval(secs => $7)) as kept,
                   o.gross_minor - case when o.refunded_minor = 0 then 0 else
                       (select coalesce(sum(f.amount_minor), 0) from refunds f where f.order_id = o.order_id
                           and f.refunded_at <= least($8, o.placed_at + make_interval(secs => $7))) end as net
              from anchored a
              join orders o on o.customer_id = coalesce((select m.merged_into from customers m where m.customer_id = a.customer_id and m.merged_into is not null), a.customer_id) and o.currency = $9 and o.order_id is distinct from a.trigger_order_id
               and o.placed_at >= a.anchor and o.placed_at < a.closes and o.placed_at <= $8
              left join redemption r on r.order_id = o.order_id) k
     group by 1, 2
), message as (
    select a.enrollment_id, a.round, sum(d.cost_micros) as micros
      from anchored a
      join deliveries d on d.customer_id = a.customer_id and d.enrollment_id between a.enrollment_id and a.enrollment_id
       and d.scheduled_at >= a.anchor and d.scheduled_at < a.closes
     where d.cost_micros > 0 and d.state in ('sending', 'accepted', 'unknown', 'unknown_final') and d.gate_at <= $8
     group by 1, 2
), gone as (
    select distinct a.enrollment_id, a.round
      from anchored a
      join consents c on c.customer_id = coalesce((select m.merged_into from customers m where m.customer_id = a.customer_id and m.merged_into is not null), a.customer_id)
       and not c.granted and c.purpose = 'marketing' and c.at >= a.anchor and c.at < a.closes and c.at <= $8
     where $20::bool
), alike as (
    -- Most bought nothing and were sent the same: they are worked out once.
    select a.arm, a.cell, a.matured, a.final, coalesce(b.orders, 0) as orders, coalesce(b.revenue, 0) as revenue, coalesce(b.redeemed, 0) as redeemed,
           coalesce(m.micros, 0) as micros, coalesce(b.used, false) as used, coalesce(b.placed, 0) as placed, coalesce(b.returned, 0) as returned, g.enrollment_id is not null as gone,
           count(*) as n, max(b.largest) as largest, max(a.anchor) as anchor
      from anchored a
      left join bought b on b.enrollment_id = a.enrollment_id and b.round = a.round
      left join message m on m.enrollment_id = a.enrollment_id and m.round = a.round
      left join gone g on g.enrollment_id = a.enrollment_id and g.round = a.round
     group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
), worth as (
    select x.*, p.gain, p.cost, p.gain - p.cost as profit, least(x.revenue, $12::bigint) as revenue_few, least(p.gain - p.cost, $13::bigint) as profit_few,
           least(x.revenue, $14::bigint) as revenue_many, least(p.gain - p.cost, $15::bigint) as profit_many
      from alike x
     cross join lateral (select coalesce(half_even($10::numeric * x.revenue), 0) as gain, x.redeemed + half_even(x.micros / $11::numeric) as cost) p
), moments as (
    select arm, cell, max(largest) as largest,
           array[sum(n * orders), sum(n * orders * orders), sum(n * orders * orders * orders)]::float8[] as orders,
           array[sum(n * revenue), sum(n * revenue * revenue), sum(n * revenue * revenue * revenue)]::float8[] as revenue,
           array[sum(n * profit), sum(n * profit * profit), sum(n * profit * profit * profit)]::float8[] as profit,
           array[sum(n * revenue_few), sum(n * revenue_few * revenue_few), sum(n * revenue_few * revenue_few * revenue_few)]::float8[] as revenue_few,
           array[sum(n * profit_few), sum(n * profit_few * profit_few), sum(n * profit_few * profit_few * profit_few)]::float8[] as profit_few,
           array[sum(n * revenue_many), sum(n * revenue_many * revenue_many), sum(n * revenue_many * revenue_many * revenue_many)]::float8[] as revenue_many,
           array[sum(n * profit_many), sum(n * profit_many * profit_many), sum(n * profit_many * profit_many * profit_many)]::float8[] as profit_many,
           array[sum(n * returned), sum(n * returned * returned), sum(n * returned * returned * returned)]::float8[] as returned,
           array[sum(n * placed), sum(n * placed * placed), sum(n * placed * returned)]::float8[] as placed,
           coalesce(sum(n) filter (where gone), 0)::bigint as gone,
           coalesce(sum(n) filter (where used), 0)::bigint as redeemers,
           array[sum(n * cost), sum(n * cost * cost), sum(n * gain), sum(n * gain * gain), sum(n * cost * orders), sum(n * gain * cost)]::float8[] as contact
      from worth
     where final
     group by arm, cell
), totals as (
    select arm, cell, sum(n)::bigint as assigned, max(anchor) as anchor,
           coalesce(sum(n) filter (where matured), 0)::bigint as m_enrollments, coalesce(sum(n) filter (where matured and orders > 0), 0)::bigint as m_buyers,
           coalesce(sum(n * orders) filter (where matured), 0)::bigint as m_orders, coalesce(sum(n * revenue) filter (where matured), 0)::bigint as m_revenue,
           coalesce(sum(n) filter (where final), 0)::bigint as f_enrollments, coalesce(sum(n) filter (where final and orders > 0), 0)::bigint as f_buyers,
           coalesce(sum(n * orders) filter (where final), 0)::bigint as f_orders, coalesce(sum(n * revenue) filter (where final), 0)::bigint as f_revenue,
           sum(n * micros)::bigint as micros, sum(n * redeemed)::bigint as redeemed,
           coalesce(sum(n * micros) filter (where matured), 0)::bigint as m_micros, coalesce(sum(n * redeemed) filter (where matured), 0)::bigint as m_redeemed,
           coalesce(sum(n * micros) filter (where final), 0)::bigint as f_micros, coalesce(sum(n * redeemed) filter (where final), 0)::bigint as f_redeemed
      from worth
     group by arm, cell
)
select t.arm, t.cell, t.assigned, t.anchor, t.m_enrollments, t.m_buyers, t.m_orders, t.m_revenue, t.f_enrollments, t.f_buyers, t.f_orders, t.f_revenue,
       t.micros, t.redeemed, t.m_micros, t.m_redeemed, t.f_micros, t.f_redeemed, coalesce(s.largest, 0)::bigint,
       coalesce(s.orders, '{0,0,0}'), coalesce(s.revenue, '{0,0,0}'), coalesce(s.profit, '{0,0,0}'), coalesce(s.revenue_few, '{0,0,0}'), coalesce(s.profit_few, '{0,0,0}'), coalesce(s.revenue_many, '{0,0,0}'), coalesce(s.profit_many, '{0,0,0}'),
       coalesce(s.returned, '{0,0,0}'), coalesce(s.placed, '{0,0,0}'), coalesce(s.gone, 0),
       coalesce(s.redeemers, 0), coalesce(s.contact, '{0,0,0,0,0,0}')
  from totals t
  left join moments s on s.arm = t.arm and s.cell = t.cell
 order by t.arm, t.cell collate "C"
