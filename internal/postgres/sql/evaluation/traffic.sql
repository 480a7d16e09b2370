-- How far the final enrollments of a point came in its window, and by which way their first order did. $1 to $9 as evaluation/observations.
-- Rows: what, name, arm, enrollments: enrolled; step viewed (a Product Viewed), ordered (any order), kept (one that counts); path of the
-- first order, as the shop wrote it, empty where it did not. By all three. Twice: only reads.
with final as materialized (
    select a.arm, a.enrollment_id, a.round, a.trigger_order_id, a.anchor, a.anchor + make_interval(secs => $6::float8) as closes,
           coalesce((select m.merged_into from customers m where m.customer_id = a.customer_id and m.merged_into is not null), a.customer_id) as buyer
      from point_anchors($1, $2, $3, $4, $5, $8) a
     where a.arm in ('treat', 'hold') and a.anchor + make_interval(secs => $6::float8 + $7::float8) + interval '24 hours' <= $8
), placed as materialized (
    select distinct on (f.enrollment_id, f.round) f.arm, f.enrollment_id, coalesce(o.entry_path, '') as path,
           bool_or(o.unkept_at is null or o.unkept_at > least($8, o.placed_at + make_interval(secs => $7::float8))) over (partition by f.enrollment_id, f.round) as kept
      from final f
      join orders o on o.customer_id = f.buyer and o.currency = $9 and o.order_id is distinct from f.trigger_order_id
       and o.placed_at >= f.anchor and o.placed_at < f.closes and o.placed_at <= $8
     order by f.enrollment_id, f.round, o.placed_at, o.order_id
)
select 'enrolled' as what, '' as name, arm, count(*) from final group by arm
union all
select 'step', 'viewed', f.arm, count(*)
  from final f
 where exists (select from events v where v.customer_id = f.buyer and v.name = 'Product Viewed' and v.at >= f.anchor and v.at < f.closes and v.at <= $8)
 group by f.arm
union all
select 'step', 'ordered', arm, count(*) from placed group by arm
union all
select 'step', 'kept', arm, count(*) from placed where kept group by arm
union all
select 'path', path, arm, count(*) from placed group by path, arm
 order by 1, 2, 3
