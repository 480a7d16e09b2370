-- Finds the groups in which refunds have to be matched again: those of refund lines that are new or differ, as they
-- are and as they were, and those of stored refund lines whose orders this import brought or changed.
-- $1 source text.
-- Rows: none; the command tag counts.
with touched as (
    select o.order_id, o.customer_id
      from import_orders s
      join orders o on o.order_id = s.order_id
     where (s.is_new or s.changed) and exists (select from refunds)
), bought as (
    select distinct o.customer_id, l.product_id from touched o join order_lines l on l.order_id = o.order_id
), pointing as (
    select distinct r.source, r.shop_refund_id, r.line_no from refunds r join touched o on o.order_id = r.order_id
), found as (
    select customer_id, of_order_id, product_id from import_refunds where state <> 'same'
    union
    select t.customer_id, t.of_order_id, t.product_id
      from import_refunds s
      join refund_lines t on t.source = $1 and t.shop_refund_id = s.shop_refund_id and t.line_no = s.line_no
     where s.state = 'changed'
    union
    select t.customer_id, t.of_order_id, t.product_id
      from refund_lines t
      join bought b on b.customer_id = t.customer_id and b.product_id = t.product_id
    union
    select t.customer_id, t.of_order_id, t.product_id from refund_lines t join touched o on o.order_id = t.of_order_id
    union
    select t.customer_id, t.of_order_id, t.product_id
      from refund_lines t
      join pointing p on p.source = t.source and p.shop_refund_id = t.shop_refund_id and p.line_no = t.line_no
)
insert into import_groups (customer_id, order_id, product_id)
select distinct customer_id, case when customer_id is null then of_order_id end, product_id
  from found
 where customer_id is not null or of_order_id is not null
