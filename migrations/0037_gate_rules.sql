-- What a shop's settings ask of the gate, kept so that an audit can hold the ledger against them.
-- +goose Up

create table gate_rules (
    rules_id integer generated always as identity primary key,
    since timestamptz not null default clock_timestamp(),
    rules jsonb not null
);
comment on table gate_rules is 'one row whenever a process began to send by other settings than were known';
comment on column gate_rules.rules is 'as Go writes them: ShopCap {Limit, Window in ns}, Quiet by channel {From, To in minutes of the day}, QuietIn by country and channel, Blackout {From, To, In, All}, Zone';
