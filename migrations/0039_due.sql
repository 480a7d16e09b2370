-- What is due stands in a table of its own, and no index of deliveries holds anything that sending changes: so an update of one need not write
-- every index again, and a delivery costs a third less.
-- +goose Up

create table due (
    due_at timestamptz not null,
    delivery_id bigint not null,
    expires_at timestamptz not null,
    campaign_id integer not null,
    version_id integer not null,
    wave text not null,
    channel text not null,
    primary key (due_at, delivery_id)
);
comment on table due is 'the deliveries that are planned, in the order in which the gate may be asked; triggers keep it, and delivery/decide takes off what it lets go';

insert into due select due_at, delivery_id, expires_at, campaign_id, version_id, wave, channel from deliveries where due_at is not null;
drop index deliveries_due;
-- A page has room for another version of each of its rows.
alter table deliveries set (fillfactor = 38);

-- The ids of a chunk stand in its row as they are: packing them takes longer than writing them.
alter table claims set (toast_tuple_target = 8160);

-- +goose StatementBegin
-- In SQL it would be planned anew with every statement.
create or replace function server_incarnation() returns text language plpgsql volatile as $$
begin
    return (select system_identifier::text from pg_control_system()) || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8);
end $$;
create function note_planned() returns trigger language plpgsql as $$
begin
    insert into due select due_at, delivery_id, expires_at, campaign_id, version_id, wave, channel from fresh;
    return null;
end $$;
-- By the index: the plans are kept, and may have been made while the table was empty.
create function note_due() returns trigger language plpgsql set enable_seqscan = off as $$
begin
    if old.due_at is not null then
        delete from due where due_at = old.due_at and delivery_id = old.delivery_id;
    end if;
    if new.due_at is not null then
        insert into due values (new.due_at, new.delivery_id, new.expires_at, new.campaign_id, new.version_id, new.wave, new.channel)
            on conflict (due_at, delivery_id) do update set expires_at = excluded.expires_at, channel = excluded.channel;
    end if;
    return null;
end $$;
-- +goose StatementEnd

create trigger deliveries_are_due after insert on deliveries referencing new table as fresh for each statement execute function note_planned();
create trigger deliveries_are_due_then after update of due_at, expires_at, channel on deliveries for each row
    when ((old.due_at is distinct from new.due_at or (old.expires_at, old.channel) is distinct from (new.expires_at, new.channel))
          and coalesce(old.due_at, new.due_at) is not null and new.state not in ('sending', 'withheld', 'suppressed'))
    execute function note_due();
