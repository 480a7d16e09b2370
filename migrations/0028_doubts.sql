-- Deliveries in doubt are asked about, and sent again where the provider takes a key once.
-- +goose Up
alter table claims add column ask_at timestamptz, add column asked int not null default 0;
comment on column claims.ask_at is 'when the provider is asked next about a doubt; null: of a lease';
update claims set ask_at = clock_timestamp() where kind = 'doubt';
create index claims_ask on claims (ask_at) where ask_at is not null;

alter table deliveries add column body bytea;
comment on column deliveries.body is 'hash of what the newest gate let out, address and all but the code; null where the provider takes no key once';

-- Append-only: each time that a message in doubt was sent again under its key. Outside the window there is no row, and without a row no call.
create table resends (
    resend_id   bigint generated always as identity primary key,
    delivery_id bigint not null,
    epoch       int not null,
    claimed_at  timestamptz not null,
    at          timestamptz not null default clock_timestamp(),
    until       timestamptz not null,
    constraint resent_in_window check (claimed_at <= at and at < until)
);
create index resends_delivery on resends (delivery_id);
comment on column resends.until is 'for how long from claimed_at on the provider takes the key once';
create trigger resends_stay before update or delete or truncate on resends for each statement execute function refuse_act_change();
