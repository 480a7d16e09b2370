-- What a shop tells of an order besides what was bought, and why something came back. Null is not said.
-- +goose Up
alter table orders
    add column status text check (status <> ''),
    add column entry_path text check (entry_path <> ''),
    add column promised_at timestamptz,
    add column delivered_at timestamptz,
    add column discount_minor bigint check (discount_minor >= 0),
    add column coupon_code text check (coupon_code <> '');
comment on column orders.status is 'the shop''s word in small letters, as of its newest telling: it has no history, so that it says nothing of an earlier instant';
comment on column orders.entry_path is 'where the buyer came from, as the shop writes it';
comment on column orders.promised_at is 'the last instant at which a delivery is on time; of a day, its end';
comment on column orders.delivered_at is 'of several parcels the last';
comment on column orders.discount_minor is 'what came off the list value, told and never taken off gross_minor; 0 is a full price';
comment on column orders.coupon_code is 'the codes it named, divided by semicolons, whether or not they are of a pool';
alter table refunds add column reason text check (reason <> '');

alter table import_orders
    add column status text, add column entry_path text, add column promised_at timestamptz, add column delivered_at timestamptz,
    add column discount_minor bigint, add column coupon_code text, add column retold boolean not null default false;
comment on column import_orders.retold is 'only what is told of a known order differs: its refunds need not be matched again';
alter table import_refunds add column reason text;
alter table import_parts add column reason text;

create or replace view refund_lines as
    select r.source, r.shop_refund_id, r.line_no, min(r.refunded_at) as refunded_at, sum(r.quantity)::bigint as quantity,
           sum(r.amount_minor)::bigint as amount_minor, min(r.product_id) as product_id, min(r.refund_of) as refund_of,
           case when min(o.order_id) is null then min(r.customer_id) else min(o.customer_id) end as customer_id,
           min(o.order_id) as of_order_id, min(r.reason) as reason
      from refunds r
      left join orders o on o.source = r.source and o.shop_order_id = r.refund_of
     group by r.source, r.shop_refund_id, r.line_no;
