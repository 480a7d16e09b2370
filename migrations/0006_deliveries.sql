-- The send ledger. A planned row is the job; Redis only ever holds hints of it.
-- +goose Up
create table deliveries (
    customer_id   bigint not null,
    entered_at    timestamptz not null,
    enrollment_id bigint not null,
    round         int not null,
    wave          text not null,
    delivery_id   bigint generated always as identity,
    campaign_id   int not null references campaigns,
    version_id    int not null references campaign_versions,
    arm           text not null check (arm in ('treat', 'hold', 'global_hold')),
    channel       text not null,
    state         text not null default 'planned' check (state in ('planned', 'sending', 'accepted', 'failed',
                  'unknown', 'unknown_final', 'withheld', 'suppressed', 'cancelled', 'expired', 'dead', 'quarantine')),
    reason        text,
    scheduled_at  timestamptz not null,
    due_at        timestamptz,
    expires_at    timestamptz not null,
    epoch         int not null default 0,
    returned      int not null default 0,
    gate_at       timestamptz,
    claimed_at    timestamptz,
    provider      text,
    provider_id   text,
    settled_at    timestamptz,
    delivered_at  timestamptz,
    bounced_at    timestamptz,
    complained_at timestamptz,
    primary key (customer_id, entered_at, enrollment_id, round, wave),
    foreign key (customer_id, entered_at, enrollment_id, round) references rounds,
    constraint only_treated_are_sent check (arm = 'treat' or state not in ('sending', 'accepted', 'failed', 'unknown', 'unknown_final', 'quarantine')),
    constraint sending_was_claimed check (state <> 'sending' or (claimed_at is not null and epoch > 0)),
    constraint gated_before_sent check (gate_at is not null or state not in ('sending', 'accepted', 'unknown', 'unknown_final', 'withheld')),
    constraint refusals_have_a_reason check (reason is not null or state not in ('failed', 'suppressed', 'cancelled', 'expired', 'dead', 'quarantine', 'unknown_final')),
    constraint due_while_planned check ((due_at is not null) = (state = 'planned'))
) with (fillfactor = 60);
comment on column deliveries.arm is 'the delivery''s own: the enrollment''s on promotion waves';
comment on column deliveries.scheduled_at is 'the instant the wave answers for; evaluation reads this one, never what was sent';
comment on column deliveries.due_at is 'when the gate may be asked next: scheduled_at, later after a hold; null once it is not planned any more';
comment on column deliveries.gate_at is 'business time of the gate that let it pass, or withheld the ghost';
comment on column deliveries.claimed_at is 'the same moment in lease time: what was recorded later was not known to the gate';
comment on column deliveries.epoch is 'how often a gate let it pass; only the worker of the newest may write an outcome';
comment on column deliveries.returned is 'how often a call was surely not taken, which is what a second pass needs';
-- No index speaks of the state: the write of an outcome then touches no index at all.
create unique index deliveries_id on deliveries (delivery_id, customer_id, entered_at);
create index deliveries_due on deliveries (due_at, delivery_id) where due_at is not null;

-- Deliveries that somebody must look at again, one row a gate: those whose lease may lapse, and those whose provider's word
-- is missing. What the reaper reads; gone when the outcomes are known. Lease time only. The epochs say which pass is meant:
-- a delivery that was given back since, and is another worker's now, is none of this claim's.
create table claims (
    claim_id     bigint generated always as identity primary key,
    kind         text not null check (kind in ('lease', 'doubt')),
    attend_at    timestamptz not null,
    delivery_ids bigint[] not null,
    epochs       int[] not null check (cardinality(epochs) = cardinality(delivery_ids))
);
create index claims_attend on claims (attend_at);

-- Where the dispatcher stands in the due rows: a hint and no fact. Losing it hands everything out again.
create table dispatch (
    only_one    boolean primary key default true check (only_one),
    due_at      timestamptz not null default '-infinity',
    delivery_id bigint not null default 0,
    round_at    timestamptz not null default '-infinity'
);
insert into dispatch default values;

-- The legal transitions, all of them. internal/delivery has the same table; a test tries every pair on both.
-- A WHEN clause and not a look-up: it costs nothing on the path that sends.
-- +goose StatementBegin
create function refuse_delivery_change() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        raise exception 'deliveries are never deleted (delivery %)', old.delivery_id using errcode = 'check_violation';
    elsif tg_op = 'INSERT' then
        raise exception 'a delivery begins as planned, not as %', new.state using errcode = 'check_violation';
    elsif old.state = new.state then
        raise exception 'identity, arm and schedule of delivery % are immutable', old.delivery_id using errcode = 'check_violation';
    end if;
    raise exception 'delivery % cannot go from % to %', old.delivery_id, old.state, new.state using errcode = 'check_violation';
end $$;
-- +goose StatementEnd

create trigger deliveries_begin_planned before insert on deliveries for each row
    when (new.state <> 'planned') execute function refuse_delivery_change();
create trigger deliveries_stay before delete on deliveries for each row execute function refuse_delivery_change();
create trigger deliveries_transition before update of state on deliveries for each row
    when (old.state <> new.state and (old.state || '>' || new.state) not in (
        'planned>sending', 'planned>withheld', 'planned>suppressed', 'planned>cancelled', 'planned>expired', 'planned>dead', 'planned>quarantine',
        'sending>accepted', 'sending>failed', 'sending>unknown', 'sending>planned', 'sending>quarantine',
        'unknown>accepted', 'unknown>failed', 'unknown>unknown_final',
        'unknown_final>accepted', 'unknown_final>failed', 'unknown_final>planned',
        'quarantine>planned', 'quarantine>unknown',
        'dead>planned'))
    execute function refuse_delivery_change();
create trigger deliveries_immutable before update of customer_id, entered_at, enrollment_id, round, wave, campaign_id, version_id, arm, scheduled_at on deliveries
    for each row when ((old.customer_id, old.entered_at, old.enrollment_id, old.round, old.wave, old.campaign_id, old.version_id, old.arm, old.scheduled_at)
        is distinct from (new.customer_id, new.entered_at, new.enrollment_id, new.round, new.wave, new.campaign_id, new.version_id, new.arm, new.scheduled_at))
    execute function refuse_delivery_change();

-- One code, one delivery; one delivery, one code.
create table coupons (
    pool          text not null references coupon_pools,
    code          text not null check (code ~ '^[A-Z0-9]{4,40}$'),
    customer_id   bigint,
    entered_at    timestamptz,
    enrollment_id bigint,
    round         int,
    wave          text,
    bound_at      timestamptz,
    primary key (pool, code),
    unique (customer_id, entered_at, enrollment_id, round, wave),
    foreign key (customer_id, entered_at, enrollment_id, round, wave) references deliveries,
    check (num_nulls(customer_id, entered_at, enrollment_id, round, wave, bound_at) in (0, 6))
);

-- What evaluation calls an exposure: contacted, or would have been. Derived, so that it cannot disagree with the ledger.
create view exposures as
    select d.customer_id, d.entered_at, d.enrollment_id, d.round, d.wave, d.campaign_id, d.arm, d.scheduled_at, d.gate_at as decided_at,
           d.channel, case when d.state = 'withheld' then 'ghost' else 'send' end as decision
      from deliveries d
     where d.state in ('sending', 'accepted', 'failed', 'unknown', 'unknown_final', 'withheld');
