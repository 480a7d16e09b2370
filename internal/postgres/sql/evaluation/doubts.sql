-- What speaks against a point beside its arms' sizes. $1 to $9 as evaluation/observations; $10 share of the holdout as designed, in parts per
-- billion; $11 what the salt of the design begins with.
-- Rows: one, of final enrollments: treated; of these, who bought in as long a time before entry, without the order that brought them in;
-- held out; of these, who did; treated to whom another campaign wrote from entry to the end of the window; orders in the windows in
-- another currency; refunds from the anchor on, within window and return window, that belong to no order; refunds of orders in the
-- windows dated more than five minutes before the order; enrollments assigned by another share or salt; and when the first of these came
-- in. Twice: only reads.
with final as materialized (
    select a.arm, a.customer_id, a.entered_at, a.enrollment_id, a.round, a.trigger_order_id, a.anchor, a.anchor + make_interval(secs => $6::float8) as closes,
           coalesce((select m.merged_into from customers m where m.customer_id = a.customer_id and m.merged_into is not null), a.customer_id) as buyer
      from point_anchors($1, $2, $3, $4, $5, $8) a
     where a.arm in ('treat', 'hold') and a.anchor + make_interval(secs => $6::float8 + $7::float8) + interval '24 hours' <= $8
), near as (
    -- Grouped with its arm: a join of two of these lists by enrollment would be planned row by row.
    select f.arm, f.enrollment_id,
           coalesce(bool_or(o.currency = $9 and o.placed_at < f.entered_at and (o.unkept_at is null or o.unkept_at > f.entered_at)), false) as before,
           count(*) filter (where o.currency <> $9 and o.placed_at >= f.anchor) as foreign_orders,
           count(*) filter (where o.refunded_minor <> 0 and o.placed_at >= f.anchor
               and exists (select from refunds r where r.order_id = o.order_id and r.refunded_at < o.placed_at - interval '5 minutes')) as backward
      from final f
      left join orders o on o.customer_id = f.buyer and o.order_id is distinct from f.trigger_order_id
       and o.placed_at >= f.entered_at - make_interval(secs => $6::float8) and o.placed_at < f.closes and o.placed_at <= $8
     group by 1, 2
), summed as (
    select count(*) filter (where arm = 'treat') as treated, count(*) filter (where arm = 'treat' and before) as treated_before,
           count(*) filter (where arm = 'hold') as held, count(*) filter (where arm = 'hold' and before) as held_before,
           coalesce(sum(foreign_orders), 0)::bigint as foreign_orders, coalesce(sum(backward), 0)::bigint as backward
      from near
), edited as (
    select count(*) as n, min(e.entered_at) as at
      from enrollments e
     where e.campaign_id = $1 and e.design = $2 and e.arm in ('treat', 'hold') and e.entered_at <= $8
       and (e.holdout_ppb <> $10::bigint or e.layer <> $11::text and not starts_with(e.layer, $11::text || '|'))
)
select s.treated, s.treated_before, s.held, s.held_before,
       (select count(*) from final f where f.arm = 'treat' and exists (
           select from deliveries d where d.customer_id = f.customer_id and d.campaign_id <> $1 and d.state = 'accepted'
              and d.gate_at >= f.entered_at and d.gate_at < f.closes and d.gate_at <= $8)),
       s.foreign_orders,
       (select count(*) from (select distinct r.refund_id from refunds r join final f on f.buyer = r.customer_id
          where r.order_id is null and r.refunded_at >= f.anchor and r.refunded_at < f.closes + make_interval(secs => $7::float8) and r.refunded_at <= $8) x),
       s.backward, e.n, e.at
  from summed s, edited e
