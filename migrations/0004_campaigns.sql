-- Campaigns as applied: content versions for the messages, designs for the experiment.
-- +goose Up
create table campaigns (
    campaign_id    int generated always as identity primary key,
    name           text not null unique check (name ~ '^[a-z0-9][a-z0-9-]{0,59}$'),
    status         text not null default 'running' check (status in ('running', 'paused', 'cancelled')),
    status_reason  text,
    status_at      timestamptz not null default now(),
    version_id     int,
    design         int not null default 1,
    activated_at   timestamptz not null,
    entry_until    timestamptz,
    slot_done      timestamptz not null,
    slot_open      timestamptz,
    slot_cursor    bigint not null default 0,
    applied_at     timestamptz not null default now()
);
comment on column campaigns.activated_at is 'business time of the first apply: orders placed before it trigger nothing';
comment on column campaigns.entry_until is 'entry is open before this instant; null: no end';
comment on column campaigns.slot_done is 'business time up to which entry slots have been opened';
comment on column campaigns.slot_open is 'a slot whose customers have been gone through up to slot_cursor, so that a crash in mid-slot goes on';

create table campaign_versions (
    version_id  int generated always as identity primary key,
    campaign_id int not null references campaigns,
    hash        text not null,
    design      int not null,
    definition  jsonb not null,
    files       jsonb not null,
    applied_at  timestamptz not null default now(),
    unique (campaign_id, hash)
);
comment on table campaign_versions is 'immutable: every delivery names the version that it was planned from';
alter table campaigns add foreign key (version_id) references campaign_versions;

create table campaign_designs (
    campaign_id  int not null references campaigns,
    design       int not null check (design >= 1),
    design_hash  text not null,
    holdout_ppb  bigint not null check (holdout_ppb between 0 and 1000000000),
    version_id   int not null references campaign_versions,
    started_at   timestamptz not null,
    primary key (campaign_id, design)
);
comment on column campaign_designs.holdout_ppb is 'planned share of the holdout in parts per billion, frozen';

-- An order that an order-triggered campaign has yet to consider. The row is the job; it goes when it is decided.
create table inbox (
    campaign_id int not null references campaigns,
    order_id    bigint not null references orders,
    customer_id bigint not null references customers,
    placed_at   timestamptz not null,
    primary key (campaign_id, order_id)
);
create index inbox_due on inbox (placed_at);

create table entry_counts (
    campaign_id int not null references campaigns,
    design      int not null,
    slot        timestamptz not null,
    reason      text not null,
    customers   bigint not null,
    primary key (campaign_id, design, slot, reason)
);
comment on table entry_counts is 'how a slot (or a day of triggered entries) went: enrolled, or the first reason why not';

create table coupon_pools (
    pool        text primary key check (pool ~ '^[a-z0-9][a-z0-9-]{0,59}$'),
    says        text,
    recorded_at timestamptz not null default now()
);
