-- In which round after entry everyone enrolled bought for the first time, and how many rounds are final for them.
-- $1 campaign, $2 design, $3 length of a round in seconds, $4 rounds, $5 return window in seconds, $6 as of, $7 currency.
-- A round is final when its return window is over and 24 h more. Orders count as in evaluation/observations, from entry on.
-- Rows: arm, final rounds (0 to $4), round of the first order (0: none), enrollments; of treat and hold, in any order. Twice: only reads.
with enrolled as materialized (
    select e.arm, e.customer_id, e.entered_at, e.enrollment_id, e.trigger_order_id,
           least($4::int, greatest(0, floor(extract(epoch from $6::timestamptz - interval '24 hours' - make_interval(secs => $5) - e.entered_at) / $3::bigint)))::int as final
      from enrollments e
     where e.campaign_id = $1 and e.design = $2 and e.entered_at <= $6 and e.arm in ('treat', 'hold')
), first as (
    select x.enrollment_id, floor(extract(epoch from min(o.placed_at) - x.entered_at) / $3::bigint)::int + 1 as round
      from enrolled x
      join orders o on o.customer_id = coalesce((select m.merged_into from customers m where m.customer_id = x.customer_id and m.merged_into is not null), x.customer_id) and o.currency = $7 and o.order_id is distinct from x.trigger_order_id
       and o.placed_at >= x.entered_at and o.placed_at < x.entered_at + make_interval(secs => $3::bigint * $4::int) and o.placed_at <= $6
       and (o.unkept_at is null or o.unkept_at > least($6, o.placed_at + make_interval(secs => $5)))
     group by x.enrollment_id, x.entered_at
)
select x.arm, x.final, coalesce(f.round, 0), count(*)
  from enrolled x
  left join first f on f.enrollment_id = x.enrollment_id
 group by 1, 2, 3
