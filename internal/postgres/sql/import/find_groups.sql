-- Finds the groups in which refunds have to be matched again: those of refund lines that are new or differ, as they
-- are and as they were, and those of stored refund lines whose orders this import brought or changed.
-- $1 source text.
-- Rows: none; the command tag counts.
-- It begins with what is staged and goes through the stored refunds without their orders. A stored refund line has
-- the customer of the order that it names, as of the last merge: one whose order is another's by now names a touched one.
with touched as materialized (
    select o.order_id, o.source, o.shop_order_id, o.customer_id, s.changed
      from import_orders s
      join orders o on o.order_id = s.order_id
     where (s.is_new or s.changed) and exists (select from refunds)
), bought as materialized (
    select distinct o.customer_id, l.product_id
      from touched o
      join order_lines l on l.order_id = o.order_id
     where o.customer_id is not null
), stored as (
    select r.customer_id, r.product_id, r.source, r.refund_of
      from refunds r
      join bought b on b.customer_id = r.customer_id and b.product_id = r.product_id
    union
    select r.customer_id, r.product_id, r.source, r.refund_of
      from refunds r
      join touched o on o.source = r.source and o.shop_order_id = r.refund_of and r.refund_of is not null
    union
    select r.customer_id, r.product_id, r.source, r.refund_of
      from touched o
      join refunds r on r.order_id = o.order_id
     where o.changed -- to a new order nothing was matched yet
    union
    select r.customer_id, r.product_id, r.source, r.refund_of
      from import_refunds s
      join refunds r on r.source = $1 and r.shop_refund_id = s.shop_refund_id and r.line_no = s.line_no
     where s.state = 'changed'
), found as (
    select customer_id, of_order_id, product_id from import_refunds where state <> 'same'
    union
    select case when o.order_id is null then r.customer_id else o.customer_id end, o.order_id, r.product_id
      from stored r
      left join orders o on o.source = r.source and o.shop_order_id = r.refund_of
)
insert into import_groups (group_no, customer_id, order_id, product_id) overriding system value
select row_number() over (), g.customer_id, g.order_id, g.product_id
  from (select distinct customer_id, case when customer_id is null then of_order_id end as order_id, product_id
          from found
         where customer_id is not null or of_order_id is not null) g
