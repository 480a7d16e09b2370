-- What the whole format asks of the ledger: designs resolved once, strata, variants and skips, what limits a campaign.
-- +goose Up
alter table campaign_designs
    add column auto       boolean not null default false,
    add column skips      jsonb not null default '{}',
    add column global_ppb bigint not null default 0 check (global_ppb between 0 and 1000000000),
    add column epoch      text not null default '',
    add constraint global_has_an_epoch check ((global_ppb = 0) = (epoch = ''));
comment on column campaign_designs.auto is 'holdout_ppb was chosen at the first apply and not written; it stays for the life of the design';
comment on column campaign_designs.skips is 'share of each wave''s skip in parts per billion by the wave''s name, defaults resolved; a wave that is not there skips nobody';
comment on column campaign_designs.global_ppb is 'share and epoch of the global holdout as they stood when the design began';

alter table campaigns
    add column priority        int not null default 50 check (priority between 0 and 100),
    add column exclusion_group text;
comment on column campaigns.exclusion_group is 'a customer is in one campaign of a group at a time; null: no group';
create index campaigns_group on campaigns (exclusion_group) where exclusion_group is not null;
-- Without it the gate would look through all campaigns, which its plans may not.
create index campaigns_priority on campaigns (priority) where status = 'running';

alter table enrollments
    add column stratum          text,
    add column trigger_event_id bigint references events;
comment on column enrollments.stratum is 'read at entry and never again; null: the campaign has none';
comment on column enrollments.holdout_ppb is 'the share that decided: the campaign''s, on the arm global_hold the global one';

alter table deliveries
    add column variant     text,
    add column skip        boolean not null default false,
    add column uncapped    boolean not null default false,
    add column cost_micros bigint,
    add constraint skipped_are_not_sent check (not skip or state not in ('sending', 'accepted', 'failed', 'unknown', 'unknown_final', 'quarantine'));
comment on column deliveries.arm is 'the delivery''s own: the enrollment''s on promotion waves, treat on service waves';
comment on column deliveries.skip is 'a treated customer''s ghost: drawn for this wave and round, ends withheld';
comment on column deliveries.uncapped is 'a service message that asks for no cap, and counts against none';
comment on column deliveries.cost_micros is 'what the message costs in millionths of the main unit, as of its gate; a ghost''s would have. Null: never let through';

drop trigger deliveries_immutable on deliveries;
create trigger deliveries_immutable
    before update of customer_id, entered_at, enrollment_id, round, wave, campaign_id, version_id, arm, variant, skip, uncapped, scheduled_at on deliveries
    for each row when ((old.customer_id, old.entered_at, old.enrollment_id, old.round, old.wave, old.campaign_id, old.version_id, old.arm, old.skip, old.uncapped, old.scheduled_at)
        is distinct from (new.customer_id, new.entered_at, new.enrollment_id, new.round, new.wave, new.campaign_id, new.version_id, new.arm, new.skip, new.uncapped, new.scheduled_at)
        or old.variant is distinct from new.variant)
    execute function refuse_delivery_change();

-- What each version says of its waves, as far as the ledger must keep it.
create view version_waves as
    select v.version_id, w ->> 'Name' as wave, coalesce((w ->> 'Service')::boolean, false) as service, coalesce((w ->> 'Consent')::boolean, false) as consent,
           coalesce(v.definition -> 'Exit' ? 'repurchased' or w -> 'After' -> 'Unless' ? 'repurchased', false) as ends_on_order,
           coalesce(nullif(v.definition -> 'HoldWhile', 'null'), '[]') as hold_while,
           coalesce(nullif(w -> 'Variants', 'null'), '[]') as variants
      from campaign_versions v cross join jsonb_array_elements(v.definition -> 'Waves') as w;

-- What a campaign may use, and has used. The gate locks the row after the customers, so that of two gates the second sees
-- what the first let through. A campaign that never had a budget or a rate has no row.
create table campaign_limits (
    campaign_id   int primary key references campaigns,
    budget_micros bigint check (budget_micros >= 0),
    per_minute    int check (per_minute > 0),
    spent_micros  bigint not null,
    passed_at     timestamptz[] not null default '{}',
    passed        int[] not null default '{}' check (cardinality(passed) = cardinality(passed_at))
);
comment on column campaign_limits.budget_micros is 'in millionths of the main unit, as its newest definition says; null: none';
comment on column campaign_limits.spent_micros is 'cost of the messages that were let through and may have been taken; what codes bind is asked of the codes';
comment on column campaign_limits.passed_at is 'business time of the gates of the last minute; passed: how many each let through';
create index coupons_bound on coupons (pool) where bound_at is not null;
