-- Two updates of a delivery, gate and outcome, are the send path, and each asks every check and trigger of the table. What is
-- refused is what was refused before; the states that most updates end in are asked first.
-- A page has room for two more versions of each of its rows: at 38 a ninth of the updates had to write both indexes. What the
-- gate needs of the enrollment never changes and stands in the delivery, which saves looking the enrollment up.
-- Since when an address is another one is known of each by itself: a new telephone number says nothing about a bounced mail, nor
-- does a merge that brings the first.
-- +goose Up

alter table deliveries set (fillfactor = 30);
alter table deliveries add column zone text, add column stratum text, add column trigger_order_id bigint;
comment on column deliveries.zone is 'the enrollment''s, as are the stratum and the order that brought the customer in; null: settled before they stood here';
update deliveries d set zone = e.zone, stratum = e.stratum, trigger_order_id = e.trigger_order_id
  from enrollments e
 where d.state in ('planned', 'sending', 'unknown', 'unknown_final', 'quarantine', 'dead')
   and e.customer_id = d.customer_id and e.entered_at = d.entered_at and e.enrollment_id = d.enrollment_id;
alter table deliveries
    add constraint planned_has_a_zone check (zone is not null or due_at is null),
    drop constraint deliveries_state_check,
    drop constraint refusals_have_a_reason,
    add constraint deliveries_state_check check (state = 'accepted' or state = 'sending' or state in ('planned', 'failed', 'unknown',
        'unknown_final', 'withheld', 'suppressed', 'cancelled', 'expired', 'dead', 'quarantine')),
    add constraint refusals_have_a_reason check (state = 'accepted' or state = 'sending' or reason is not null
        or state in ('planned', 'unknown', 'withheld'));
drop trigger deliveries_transition on deliveries;
create trigger deliveries_transition after update of state on deliveries for each row
    when (old.state <> new.state and not (old.state = 'planned' and new.state = 'sending' or old.state = 'sending' and new.state = 'accepted')
        and old.state || '>' || new.state not in (
            'planned>withheld', 'planned>suppressed', 'planned>cancelled', 'planned>expired', 'planned>dead', 'planned>quarantine',
            'sending>failed', 'sending>unknown', 'sending>planned', 'sending>quarantine',
            'unknown>accepted', 'unknown>failed', 'unknown>unknown_final', 'unknown>dead',
            'unknown_final>accepted', 'unknown_final>failed', 'unknown_final>planned', 'unknown_final>dead',
            'quarantine>planned', 'quarantine>unknown', 'dead>planned', 'dead>quarantine'))
    execute function refuse_delivery_change();

drop trigger deliveries_immutable on deliveries;
create trigger deliveries_immutable
    after update of customer_id, entered_at, enrollment_id, round, wave, campaign_id, version_id, arm, variant, skip, uncapped, scheduled_at,
                    zone, stratum, trigger_order_id on deliveries for each row
    when (old.customer_id is distinct from new.customer_id or old.entered_at is distinct from new.entered_at or old.enrollment_id is distinct from new.enrollment_id
          or old.round is distinct from new.round or old.wave is distinct from new.wave or old.campaign_id is distinct from new.campaign_id
          or old.version_id is distinct from new.version_id or old.arm is distinct from new.arm or old.skip is distinct from new.skip
          or old.uncapped is distinct from new.uncapped or old.scheduled_at is distinct from new.scheduled_at or old.variant is distinct from new.variant
          or old.zone is distinct from new.zone or old.stratum is distinct from new.stratum or old.trigger_order_id is distinct from new.trigger_order_id)
    execute function refuse_delivery_change();

alter table contacts drop column changed_at, add column email_since timestamptz, add column phone_since timestamptz;
comment on column contacts.email_since is 'when it took the place of another; null: it did not, as far as is known';
comment on column contacts.phone_since is 'as email_since';
