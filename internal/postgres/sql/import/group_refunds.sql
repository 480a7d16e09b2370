-- The refund lines to match: the staged ones that are new or differ, and the other stored ones of the groups.
-- $1 source text.
-- Rows: one a refund line, by group; group 0 has no order lines to choose among. of_order_id is 0 where the
-- refund names no order, -1 where it names one that is not known.
with named as materialized ( -- the orders that a refund of a group may name
    select source, shop_order_id from orders where customer_id in (select customer_id from import_groups)
    union
    select source, shop_order_id from orders where order_id in (select order_id from import_groups)
), stored as materialized (
    select r.source, r.shop_refund_id, r.line_no, min(r.customer_id) as customer_id, min(r.product_id) as product_id, min(r.refund_of) as refund_of,
           min(r.refunded_at) as refunded_at, sum(r.quantity)::bigint as quantity, sum(r.amount_minor)::bigint as amount_minor, min(r.reason) as reason
      from (select r.refund_id, r.source, r.shop_refund_id, r.line_no, r.customer_id, r.product_id, r.refund_of, r.refunded_at, r.quantity, r.amount_minor, r.reason
              from refunds r
              join import_groups g on g.customer_id = r.customer_id and g.product_id = r.product_id
            union -- of one refund its parts remain, for each has its own id
            select r.refund_id, r.source, r.shop_refund_id, r.line_no, r.customer_id, r.product_id, r.refund_of, r.refunded_at, r.quantity, r.amount_minor, r.reason
              from refunds r
              join named n on n.source = r.source and n.shop_order_id = r.refund_of) r
     group by r.source, r.shop_refund_id, r.line_no
), written as (
    select true as staged, $1 as source, s.shop_refund_id, s.line_no, s.customer_id, s.product_id, s.of_order_id, s.refund_of, s.refunded_at,
           s.quantity::bigint as quantity, s.amount_minor, s.reason
      from import_refunds s
     where s.state <> 'same'
    union all
    select false, t.source, t.shop_refund_id, t.line_no, case when o.order_id is null then t.customer_id else o.customer_id end, t.product_id,
           o.order_id, t.refund_of, t.refunded_at, t.quantity, t.amount_minor, t.reason
      from stored t
      left join orders o on o.source = t.source and o.shop_order_id = t.refund_of
     where not exists (select from import_refunds s where s.state <> 'same' and t.source = $1
                          and s.shop_refund_id = t.shop_refund_id and s.line_no = t.line_no)
)
select coalesce(c.group_no, g.group_no, 0) as group_no, w.source, w.shop_refund_id, w.line_no, coalesce(w.customer_id, 0) as customer_id, w.product_id,
       case when w.refund_of is null then 0 else coalesce(w.of_order_id, -1) end as of_order_id, w.refund_of, w.refunded_at, w.quantity, w.amount_minor, w.reason
  from written w
  left join import_groups c on c.customer_id = w.customer_id and c.product_id = w.product_id
  left join import_groups g on w.customer_id is null and g.order_id = w.of_order_id and g.product_id = w.product_id
 where w.staged or c.group_no is not null or g.group_no is not null
 order by 1
