-- Which server the ledger lives on. A failover, or a restore, may have forgotten what was committed last: gates are closed until it is noticed.
-- +goose Up

-- The timeline from the write-ahead log itself: what the control file says of it is as old as the last checkpoint.
create function server_incarnation() returns text language sql volatile as
$$ select system_identifier::text || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8) from pg_control_system() $$;
comment on function server_incarnation is 'another after each promotion, restore and upgrade';

-- Append-only; the newest counts.
create table incarnations (
    incarnation_id bigint generated always as identity primary key,
    name           text not null,
    noticed_at     timestamptz not null default clock_timestamp(),
    quarantined    int not null default 0,
    doubtful       int not null default 0
);
comment on column incarnations.quarantined is 'planned deliveries that a gate may have let out that was forgotten';
comment on column incarnations.doubtful is 'deliveries whose outcome may have been forgotten';
insert into incarnations (name) values (server_incarnation());
create trigger incarnations_stay before update or delete or truncate on incarnations for each statement execute function refuse_act_change();
