-- What the database insists on for each message, at a lower price: nothing less is refused.
-- +goose Up

-- A trigger before an update locks each row once more, and writes that down, before it is asked anything.
drop trigger deliveries_immutable on deliveries;
drop trigger deliveries_transition on deliveries;
drop trigger deliveries_transition_by_act on deliveries;
create trigger deliveries_immutable
    after update of customer_id, entered_at, enrollment_id, round, wave, campaign_id, version_id, arm, variant, skip, uncapped, scheduled_at on deliveries for each row
    when (old.customer_id is distinct from new.customer_id or old.entered_at is distinct from new.entered_at or old.enrollment_id is distinct from new.enrollment_id
          or old.round is distinct from new.round or old.wave is distinct from new.wave or old.campaign_id is distinct from new.campaign_id
          or old.version_id is distinct from new.version_id or old.arm is distinct from new.arm or old.skip is distinct from new.skip
          or old.uncapped is distinct from new.uncapped or old.scheduled_at is distinct from new.scheduled_at or old.variant is distinct from new.variant)
    execute function refuse_delivery_change();
create trigger deliveries_transition after update of state on deliveries for each row
    when (old.state <> new.state and (old.state || '>' || new.state) <> all (array[
        'planned>sending', 'sending>accepted', 'planned>withheld', 'planned>suppressed', 'planned>cancelled', 'planned>expired', 'planned>dead', 'planned>quarantine',
        'sending>failed', 'sending>unknown', 'sending>planned', 'sending>quarantine',
        'unknown>accepted', 'unknown>failed', 'unknown>unknown_final',
        'unknown_final>accepted', 'unknown_final>failed', 'unknown_final>planned',
        'quarantine>planned', 'quarantine>unknown', 'dead>planned']))
    execute function refuse_delivery_change();
create trigger deliveries_transition_by_act after update of state on deliveries for each row
    when (old.state in ('dead', 'unknown_final') and new.state = 'planned'
          or old.state in ('unknown', 'unknown_final') and new.state in ('accepted', 'failed') and new.provider is null)
    execute function require_act();

-- A page of enrollments names one version of one campaign: it is looked up once, and not for each row. And it is held
-- to more: the version must be the campaign's.
alter table enrollments drop constraint enrollments_campaign_id_fkey, drop constraint enrollments_version_id_fkey;
alter table deliveries drop constraint deliveries_campaign_id_fkey, drop constraint deliveries_version_id_fkey;

-- +goose StatementBegin
create function require_version() returns trigger language plpgsql as $$
declare stray record;
begin
    select f.campaign_id, f.version_id into stray
      from (select distinct campaign_id, version_id from fresh) f
     where not exists (select from campaign_versions v where v.version_id = f.version_id and v.campaign_id = f.campaign_id);
    if found then
        raise exception 'campaign % has no version %', stray.campaign_id, stray.version_id using errcode = 'foreign_key_violation';
    end if;
    return null;
end $$;
-- +goose StatementEnd
create trigger enrollments_of_a_version after insert on enrollments referencing new table as fresh for each statement execute function require_version();
create trigger deliveries_of_a_version after insert on deliveries referencing new table as fresh for each statement execute function require_version();

-- +goose StatementBegin
create function refuse_version_change() returns trigger language plpgsql as $$
begin
    raise exception 'version % of campaign % is kept: messages were sent by it', old.version_id, old.campaign_id using errcode = 'check_violation';
end $$;
-- +goose StatementEnd
create trigger campaign_versions_stay before delete or update of version_id, campaign_id on campaign_versions for each row execute function refuse_version_change();
