-- Named segments whose members are kept, with who came and who left: as events, so that a campaign can be entered by one and a rule can ask.
-- +goose Up
create table segments (
    segment_id   int generated always as identity primary key,
    name         text not null unique check (name ~ '^[a-z0-9][a-z0-9-]{0,59}$'),
    rule         text not null,
    named        jsonb not null default '{}',
    every        interval not null check (every >= interval '1 minute'),
    refreshed_at timestamptz,
    members      bigint not null default 0,
    kept_at      timestamptz not null default now()
);
comment on table segments is 'segments whose members are kept; the text of a rule may change, the members then follow at the next refresh';
comment on column segments.named is 'the rules of the segments that this one names, by name';
comment on column segments.refreshed_at is 'business time as of which the members are right; null: nobody was asked yet, and who is in it then has not come';

create table segment_members (
    segment_id  int not null references segments on delete cascade,
    customer_id bigint not null references customers,
    entered_at  timestamptz not null,
    primary key (segment_id, customer_id)
);
comment on column segment_members.entered_at is 'the refresh that found them in it first';

