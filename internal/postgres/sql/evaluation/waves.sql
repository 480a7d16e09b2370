-- What treated customers bought whom a wave could have reached, by whether the lot skipped them. $1 campaign, $2 design; $3 waves,
-- $4 rounds and $5 windows in seconds, one of each; $6 return window in seconds, $7 as of, $8 currency.
-- Available: the gate let it pass, whatever the provider said later, or withheld it for the lot's sake. Orders count as in
-- evaluation/observations, in the window from the scheduled instant.
-- Rows: wave, round, skipped, available, then enrollments, buyers, orders and revenue of those final; in any order. Twice: only reads.
with available as materialized (
    select d.delivery_id, d.wave, d.round, d.skip, d.customer_id, d.scheduled_at, d.scheduled_at + make_interval(secs => w.seconds) as closes, e.trigger_order_id,
           d.scheduled_at + make_interval(secs => w.seconds + $6::float8) + interval '24 hours' <= $7 as final
      from enrollments e
      -- Why "between": evaluation/observations.
      join deliveries d on d.customer_id = e.customer_id and d.enrollment_id between e.enrollment_id and e.enrollment_id
      join unnest($3::text[], $4::int[], $5::float8[]) as w(wave, round, seconds) on w.wave = d.wave and w.round = d.round
     where e.campaign_id = $1 and e.design = $2 and e.arm = 'treat' and e.entered_at <= $7 and d.campaign_id = $1 and d.gate_at <= $7
       and (not d.skip or d.state = 'withheld' and d.reason = 'skip')
), bought as (
    select a.delivery_id, a.wave, a.round, a.skip, count(*) as orders,
           sum(o.gross_minor - case when o.refunded_minor = 0 then 0 else
               (select coalesce(sum(f.amount_minor), 0) from refunds f where f.order_id = o.order_id
                   and f.refunded_at <= least($7, o.placed_at + make_interval(secs => $6))) end) as revenue
      from available a
      join orders o on o.customer_id = coalesce((select m.merged_into from customers m where m.customer_id = a.customer_id and m.merged_into is not null), a.customer_id) and o.currency = $8 and o.order_id is distinct from a.trigger_order_id
       and o.placed_at >= a.scheduled_at and o.placed_at < a.closes and o.placed_at <= $7
       and (o.unkept_at is null or o.unkept_at > least($7, o.placed_at + make_interval(secs => $6)))
     where a.final
     group by 1, 2, 3, 4
)
select t.wave, t.round, t.skip, t.available, t.final, coalesce(b.buyers, 0), coalesce(b.orders, 0)::bigint, coalesce(b.revenue, 0)::bigint
  from (select wave, round, skip, count(*) as available, count(*) filter (where final) as final from available group by 1, 2, 3) t
  left join (select wave, round, skip, count(*) as buyers, sum(orders) as orders, sum(revenue) as revenue from bought group by 1, 2, 3) b
    on b.wave = t.wave and b.round = t.round and b.skip = t.skip
