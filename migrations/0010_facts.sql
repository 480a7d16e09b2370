-- What else is known of a customer, what the shop's own events say, and up to when a feed is complete. As everywhere,
-- every read is "as of an instant": rows are added, and the newest at that instant counts.
-- +goose Up
create table customer_attributes (
    customer_id  bigint not null references customers,
    name         text not null check (name <> ''),
    at           timestamptz not null,
    kind         text not null check (kind in ('text', 'number', 'date', 'truth')),
    text_value   text,
    number_value double precision check (number_value not in ('NaN', 'Infinity', '-Infinity')),
    date_value   date,
    truth_value  boolean,
    source       text not null,
    recorded_at  timestamptz not null default now(),
    primary key (customer_id, name, at),
    constraint customer_attributes_value check (num_nonnulls(text_value, number_value, date_value, truth_value) = 1
        and case kind when 'text' then text_value is not null when 'number' then number_value is not null
                      when 'date' then date_value is not null else truth_value is not null end)
);
comment on column customer_attributes.at is 'from when on the value holds, until the next row of the same name';
create index customer_attributes_day on customer_attributes (name, extract(month from date_value), extract(day from date_value), customer_id)
    where kind = 'date';
comment on index customer_attributes_day is 'whose birthday is today; a day that a later row moved is found too';

create table customer_tags (
    customer_id bigint not null references customers,
    at          timestamptz not null,
    tags        text[] not null check (array_position(tags, null) is null and '' <> all (tags)),
    source      text not null,
    recorded_at timestamptz not null default now(),
    primary key (customer_id, at)
);
comment on column customer_tags.tags is 'all of the customer''s tags from at on, sorted; none takes them away';

create table holds (
    customer_id bigint not null references customers,
    kind        text not null check (kind in ('complaint_open', 'dispute')),
    opened_at   timestamptz not null,
    ref         text not null default '',
    closed_at   timestamptz,
    recorded_at timestamptz not null default now(),
    primary key (customer_id, kind, opened_at, ref),
    check (closed_at > opened_at)
);
comment on table holds is 'folded from events, per customer as a whole; a hold is on at t iff opened_at <= t < closed_at, null being never';

create table feeds (
    name           text primary key check (name in ('orders', 'events')),
    complete_until timestamptz not null,
    recorded_at    timestamptz not null default now()
);
comment on column feeds.complete_until is 'the source said that it has told everything before this instant; it never goes back';

-- An event that an event-triggered campaign has yet to consider. The row is the job; it goes when it is decided.
create table event_inbox (
    campaign_id int not null references campaigns,
    event_id    bigint not null references events,
    customer_id bigint not null references customers,
    at          timestamptz not null,
    primary key (campaign_id, event_id)
);
create index event_inbox_due on event_inbox (at);

alter table import_customers add column attributes jsonb, add column tags text[], add column changed_at timestamptz;
comment on column import_customers.attributes is 'name: [kind, value as text]';
comment on column import_customers.changed_at is 'from when on attributes and tags hold; null: since the import';
create unlogged table import_events (
    line            int not null,
    source_event_id text not null,
    name            text not null,
    shop_id         text not null,
    at              timestamptz not null,
    props           jsonb not null
);
create unlogged table import_suppressions (
    line         int not null,
    channel      text not null,
    address_hash bytea not null,
    reason       text not null,
    at           timestamptz
);
comment on column import_suppressions.at is 'null: not said';
