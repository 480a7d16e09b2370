-- What the last audit found, for those who watch: it reads everything, and cannot be asked every few seconds.
-- +goose Up
create table audits (
    only_one boolean primary key default true check (only_one),
    begun_at timestamptz not null default '-infinity',
    ended_at timestamptz
);
comment on table audits is 'when one of the processes last began an audit, and when its findings were written';
insert into audits default values;
create table audit_findings (
    probe text primary key,
    broken bigint not null check (broken >= 0),
    example text
);
comment on table audit_findings is 'of the last audit that ended: how many rows break each invariant';
