-- Of the final enrollments of a point: how many bought for the first time within each day after the anchor, by arm.
-- Parameters as evaluation/observations; $10 and $11 are its $18 and $19. Day 0 is the first 24 hours; a row with day null counts the enrollments.
with anchored as (
    select * from point_anchors($1, $2, $3, $4, $5, $8) a
     where ($10::timestamptz is null or a.entered_at >= $10) and ($11::timestamptz is null or a.entered_at < $11)
), first_order as (
    select a.arm, floor(extract(epoch from min(o.placed_at) - a.anchor) / 86400)::int as day
      from anchored a
      left join orders o on o.customer_id = coalesce((select m.merged_into from customers m where m.customer_id = a.customer_id and m.merged_into is not null), a.customer_id) and o.currency = $9 and o.order_id is distinct from a.trigger_order_id
           and o.placed_at >= a.anchor and o.placed_at < a.anchor + make_interval(secs => $6) and o.placed_at <= $8
           and (o.unkept_at is null or o.unkept_at > least($8, o.placed_at + make_interval(secs => $7)))
     where a.anchor + make_interval(secs => $6 + $7) + interval '24 hours' <= $8
     group by a.arm, a.customer_id, a.entered_at, a.enrollment_id, a.round, a.anchor
)
select arm, day, count(*) from first_order group by grouping sets ((arm), (arm, day))
having grouping(day) = 1 or day is not null
 order by arm, day nulls first
