-- Who came into which campaign, in which arm. customer_id and entered_at stand in every key, so that the tables
-- can be partitioned by time and spread by customer without touching a statement.
-- +goose Up
create table enrollments (
    customer_id      bigint not null references customers,
    entered_at       timestamptz not null,
    enrollment_id    bigint generated always as identity,
    campaign_id      int not null references campaigns,
    design           int not null,
    version_id       int not null references campaign_versions,
    entry            int not null check (entry >= 1),
    arm              text not null check (arm in ('treat', 'hold', 'global_hold')),
    layer            text not null,
    u                double precision not null check (u >= 0 and u < 1),
    holdout_ppb      bigint not null,
    assigned_id      text not null,
    trigger_order_id bigint references orders,
    zone             text not null,
    rounds_begun     int not null default 1 check (rounds_begun >= 1),
    next_round_at    timestamptz,
    recorded_at      timestamptz not null default now(),
    primary key (customer_id, entered_at, enrollment_id),
    unique (campaign_id, customer_id, entered_at),
    foreign key (campaign_id, design) references campaign_designs
);
comment on column enrollments.entered_at is 'the instant of entry in business time: the trigger order, or the slot. Immutable';
comment on column enrollments.assigned_id is 'the shop''s id that was hashed; with layer it recomputes u, and the stored arm wins for ever';
create index enrollments_design on enrollments (campaign_id, design, entered_at);
create index enrollments_next_round on enrollments (next_round_at) where next_round_at is not null;

create table rounds (
    customer_id   bigint not null,
    entered_at    timestamptz not null,
    enrollment_id bigint not null,
    round         int not null check (round >= 1),
    started_at    timestamptz not null,
    primary key (customer_id, entered_at, enrollment_id, round),
    foreign key (customer_id, entered_at, enrollment_id) references enrollments
);
comment on table rounds is 'one row for every enrollment when the round begins, exited or not, both arms: the denominator';
