-- What came back of the orders in a point's window, kept or not, within the return window of each. $1 to $9 as evaluation/observations.
-- Rows: arm, reason (null: the whole arm), how many: final enrollments, or orders of which something came back for the reason, empty
-- where none was told; sums of a whole arm over enrollments: orders, squares; orders of which something came back, squares, their
-- product; money that came back, squares and cubes, in minor units. By arm and reason. Twice: only reads.
with final as materialized (
    select a.arm, a.enrollment_id, a.round, a.trigger_order_id, a.anchor,
           coalesce((select m.merged_into from customers m where m.customer_id = a.customer_id and m.merged_into is not null), a.customer_id) as buyer
      from point_anchors($1, $2, $3, $4, $5, $8) a
     where a.arm in ('treat', 'hold') and a.anchor + make_interval(secs => $6::float8 + $7::float8) + interval '24 hours' <= $8
), placed as (
    select f.arm, f.enrollment_id, o.order_id, o.refunded_minor, o.unkept_at, least($8, o.placed_at + make_interval(secs => $7::float8)) as until
      from final f
      join orders o on o.customer_id = f.buyer and o.currency = $9 and o.order_id is distinct from f.trigger_order_id
       and o.placed_at >= f.anchor and o.placed_at < f.anchor + make_interval(secs => $6::float8) and o.placed_at <= $8
), back as materialized (
    select p.arm, p.enrollment_id, p.order_id, coalesce(r.reason, '') as reason, sum(r.amount_minor) as minor
      from placed p
      join refunds r on r.order_id = p.order_id and r.refunded_at <= p.until
     where p.refunded_minor <> 0 or p.unkept_at is not null
     group by 1, 2, 3, 4
), enrolled as (
    select p.arm, p.enrollment_id, count(*) as orders, count(b.order_id) as returned, coalesce(sum(b.minor), 0) as minor
      from placed p
      left join (select enrollment_id, order_id, sum(minor) as minor from back group by 1, 2) b on b.enrollment_id = p.enrollment_id and b.order_id = p.order_id
     group by 1, 2
)
select f.arm, null::text as reason, f.n,
       coalesce((select array[sum(orders), sum(orders * orders), sum(returned), sum(returned * returned), sum(orders * returned), sum(minor), sum(minor * minor), sum(minor * minor * minor)]::float8[]
                   from enrolled e where e.arm = f.arm having count(*) > 0), '{0,0,0,0,0,0,0,0}') as sums
  from (select arm, count(*) as n from final group by 1) f
union all
select arm, reason, count(distinct order_id), '{}' from back group by 1, 2
 order by 1, 2 nulls first
