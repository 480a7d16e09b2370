-- Imports under way and done, and where their rows wait for the merge.
-- +goose Up
create table import_jobs (
    job_id       bigint generated always as identity primary key,
    file_sha256  bytea not null check (octet_length(file_sha256) = 32),
    kind         text not null,
    preset       text not null,
    settings     text not null,
    file_name    text not null,
    status       text not null check (status in ('staging', 'merged', 'abandoned')),
    staged_to    int not null default 0,
    staged_rows  bigint not null default 0,
    started_at   timestamptz not null default now(),
    finished_at  timestamptz,
    unique (file_sha256, kind, preset, settings)
);
comment on column import_jobs.settings is 'fingerprint of what else decides how the bytes are read: zone, currency, encoding, map';
comment on column import_jobs.staged_to is 'line of the file up to which rows are staged; advances in the transaction of the rows';
create unique index import_jobs_staging on import_jobs ((status)) where status = 'staging';

-- Unlogged: half the writing, and no promise is lost. After a crash of the server they are empty, which the next run
-- sees because staged_rows does not agree, and it stages again from the start. One import runs at a time.
create unlogged table import_lines (
    line         int not null,
    order_seq    int not null,
    ordinal      int not null,
    product_seq  int not null,
    quantity     int not null,
    price_e4     bigint not null,
    amount_minor bigint not null
);
comment on column import_lines.price_e4 is 'unit price in ten-thousandths of the main unit';
-- Analyzed before every merge, for its row count and little else.
alter table import_lines alter order_seq set statistics 10, alter product_seq set statistics 10, alter line set statistics 0,
    alter ordinal set statistics 0, alter quantity set statistics 0, alter price_e4 set statistics 0, alter amount_minor set statistics 0;
create unlogged table import_customers (
    seq           int not null,
    line          int not null,
    shop_id       text not null,
    email         text,
    email_assumed boolean not null,
    phone         text,
    first_name    text,
    last_name     text,
    locale        text,
    region        text,
    zone          text,
    seen_at       timestamptz,
    region_at     timestamptz,
    consent_email boolean,
    consent_sms   boolean,
    consent_at    timestamptz,
    last          boolean not null default true,
    customer_id   bigint,
    is_new        boolean not null default false
);
comment on column import_customers.last is 'false: a later line of the file speaks of the same customer';
create unlogged table import_products (
    seq         int not null,
    line        int not null,
    sku         text not null,
    name        text,
    category    text,
    price_minor bigint,
    cost_minor  bigint,
    last        boolean not null default true,
    product_id  bigint,
    is_new      boolean not null default false
);
create unlogged table import_orders (
    seq           int not null,
    shop_order_id text not null,
    customer_seq  int,
    placed_at     timestamptz not null,
    currency      text not null,
    gross_minor   bigint not null,
    order_id      bigint,
    is_new        boolean not null default false,
    changed       boolean not null default false,
    gained        boolean not null default false
);
create unlogged table import_refunds (
    seq            int not null,
    shop_refund_id text not null,
    line_no        int not null,
    customer_seq   int,
    product_seq    int not null,
    refund_of      text,
    refunded_at    timestamptz not null,
    quantity       int not null,
    amount_minor   bigint not null,
    customer_id    bigint,
    product_id     bigint,
    of_order_id    bigint,
    state          text not null default 'new' check (state in ('new', 'changed', 'same'))
);
-- Refunds are matched within a group: a customer's lines of a product, or a guest's order's.
create unlogged table import_groups (
    group_no    int generated always as identity,
    customer_id bigint,
    order_id    bigint,
    product_id  bigint not null,
    check (num_nulls(customer_id, order_id) = 1)
);
create unlogged table import_parts (
    source         text not null,
    shop_refund_id text not null,
    line_no        int not null,
    part           int not null,
    order_id       bigint,
    order_line_no  int,
    customer_id    bigint,
    product_id     bigint not null,
    refunded_at    timestamptz not null,
    quantity       int not null,
    amount_minor   bigint not null,
    refund_of      text
);

alter table refunds add column refund_of text;
comment on column refunds.refund_of is 'the shop''s id of the order that the refund named; null: matched to the customer''s latest lines';

-- A refund line as it was written, its parts put together again, and whose it is.
create view refund_lines as
    select r.source, r.shop_refund_id, r.line_no, min(r.refunded_at) as refunded_at, sum(r.quantity)::bigint as quantity,
           sum(r.amount_minor)::bigint as amount_minor, min(r.product_id) as product_id, min(r.refund_of) as refund_of,
           case when min(o.order_id) is null then min(r.customer_id) else min(o.customer_id) end as customer_id,
           min(o.order_id) as of_order_id
      from refunds r
      left join orders o on o.source = r.source and o.shop_order_id = r.refund_of
     group by r.source, r.shop_refund_id, r.line_no;

-- When what a merge brought could be seen: its rows carry the beginning of its transaction as recorded_at, and ended is taken
-- under the locks of the customers whose orders it brings, which the gate takes too.
create table merges (
    began timestamptz primary key default now(),
    ended timestamptz not null default clock_timestamp()
);
