-- Which categories the final enrollments of a point bought in its window. $1 to $9 as evaluation/observations; $10 how many must have
-- bought two together for the two to be told. A unit counts unless it came back within the return window of its order.
-- Rows: what, category, other, arm, enrollments: enrolled (no category); category: bought one of it; from: treated who bought a known
-- category again, by those of the order that brought them in, else of their last before entry; step: of these, whose first order
-- again had other; basket: treated who bought a known category; pair: of these, who bought both, by name. By all four. Twice: only reads.
with final as materialized (
    select a.arm, a.customer_id, a.entered_at, a.enrollment_id, a.trigger_order_id, a.anchor,
           coalesce((select m.merged_into from customers m where m.customer_id = a.customer_id and m.merged_into is not null), a.customer_id) as buyer
      from point_anchors($1, $2, $3, $4, $5, $8) a
     where a.arm in ('treat', 'hold') and a.anchor + make_interval(secs => $6::float8 + $7::float8) + interval '24 hours' <= $8
), bought as (
    select f.enrollment_id, f.arm, o.order_id, o.placed_at, row_number() over (partition by f.enrollment_id order by o.placed_at, o.order_id) as nth
      from final f
      join orders o on o.customer_id = f.buyer and o.currency = $9 and o.order_id is distinct from f.trigger_order_id
       and o.placed_at >= f.anchor and o.placed_at < f.anchor + make_interval(secs => $6::float8) and o.placed_at <= $8
       and (o.unkept_at is null or o.unkept_at > least($8, o.placed_at + make_interval(secs => $7::float8)))
), item as materialized (
    select b.enrollment_id, b.arm, c.name as category, min(b.nth) as nth
      from bought b
      join order_lines l on l.order_id = b.order_id
      join products p on p.product_id = l.product_id
      join categories c on c.category_id = p.category_id
     where l.refunded_quantity < l.quantity
        or (select coalesce(sum(r.quantity), 0) from refunds r where r.order_id = l.order_id and r.order_line_no = l.line_no
                and r.refunded_at <= least($8, b.placed_at + make_interval(secs => $7::float8))) < l.quantity
     group by 1, 2, 3
), before as (
    select distinct f.enrollment_id, c.name as category
      from final f
      join (select distinct enrollment_id from item where arm = 'treat' and nth = 1) again on again.enrollment_id = f.enrollment_id
     cross join lateral (select coalesce(f.trigger_order_id,
               (select o.order_id from orders o where o.customer_id = f.buyer and o.currency = $9 and o.placed_at < f.entered_at
                   and (o.unkept_at is null or o.unkept_at > f.entered_at) order by o.placed_at desc, o.order_id desc limit 1)) as order_id) o
      join order_lines l on l.order_id = o.order_id
      join products p on p.product_id = l.product_id
      join categories c on c.category_id = p.category_id
)
select 'enrolled' as what, '' as category, '' as other, arm, count(*) from final group by arm
union all
select 'category', category, '', arm, count(*) from item group by category, arm
union all
select 'from', category, '', 'treat', count(*) from before group by category
union all
select 'step', b.category, i.category, 'treat', count(*) from before b join item i on i.enrollment_id = b.enrollment_id and i.nth = 1 group by b.category, i.category
union all
select 'basket', '', '', 'treat', count(distinct enrollment_id) from item where arm = 'treat'
union all
select 'pair', a.category, b.category, 'treat', count(*)
  from item a join item b on b.enrollment_id = a.enrollment_id and b.category > a.category
 where a.arm = 'treat'
 group by a.category, b.category
having count(*) >= $10::bigint
 order by 1, 2, 3, 4
