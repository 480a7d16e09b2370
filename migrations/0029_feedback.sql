-- What providers say afterwards: one row a word, kept as it came, applied in any order.
-- +goose Up
create table feedback (
    feedback_id bigint generated always as identity primary key,
    channel     text not null,
    event_id    text not null,
    ref         text not null,
    type        text not null check (type in ('accepted', 'delivered', 'bounced', 'complained', 'failed')),
    at          timestamptz not null,
    reason      text,
    hard        boolean not null default false,
    received_at timestamptz not null default clock_timestamp(),
    delivery_id bigint,
    due_at      timestamptz default clock_timestamp(),
    rejected    text,
    unique (channel, event_id)
);
comment on table feedback is 'an event that comes again is the same row';
comment on column feedback.delivery_id is 'the delivery that it speaks of; null: none is known yet';
comment on column feedback.due_at is 'when it is looked at next; null: it has been heard, or rejected';
comment on column feedback.hard is 'of a bounce: the address takes nothing for good';
create index feedback_due on feedback (due_at) where due_at is not null;
create index feedback_delivery on feedback (delivery_id) where delivery_id is not null;
