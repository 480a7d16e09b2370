-- The refund lines to match: the staged ones that are new or differ, and the other stored ones of the groups.
-- $1 source text.
-- Rows: one a refund line, by group; group 0 has no order lines to choose among. of_order_id is 0 where the
-- refund names no order, -1 where it names one that is not known.
with written as (
    select true as staged, $1 as source, s.shop_refund_id, s.line_no, s.customer_id, s.product_id, s.of_order_id, s.refund_of, s.refunded_at,
           s.quantity::bigint as quantity, s.amount_minor
      from import_refunds s
     where s.state <> 'same'
    union all
    select false, t.source, t.shop_refund_id, t.line_no, t.customer_id, t.product_id, t.of_order_id, t.refund_of, t.refunded_at, t.quantity, t.amount_minor
      from refund_lines t
     where t.product_id in (select product_id from import_groups)
       and not exists (select from import_refunds s where s.state <> 'same' and t.source = $1
                          and s.shop_refund_id = t.shop_refund_id and s.line_no = t.line_no)
)
select coalesce(c.group_no, g.group_no, 0) as group_no, w.source, w.shop_refund_id, w.line_no, coalesce(w.customer_id, 0) as customer_id, w.product_id,
       case when w.refund_of is null then 0 else coalesce(w.of_order_id, -1) end as of_order_id, w.refund_of, w.refunded_at, w.quantity, w.amount_minor
  from written w
  left join import_groups c on c.customer_id = w.customer_id and c.product_id = w.product_id
  left join import_groups g on w.customer_id is null and g.order_id = w.of_order_id and g.product_id = w.product_id
 where w.staged or c.group_no is not null or g.group_no is not null
 order by 1
