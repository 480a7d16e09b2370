-- That nobody knew what had become of a message stays to be told after somebody does: its row says what it ended as.
-- +goose Up
create table doubts (
    doubt_id    bigint generated always as identity primary key,
    delivery_id bigint not null,
    at          timestamptz not null default clock_timestamp(),
    reason      text not null
);
create index doubts_delivery on doubts (delivery_id);
comment on table doubts is 'one row whenever a call was made of which nobody knew how it ended; for people to read, and nothing is decided by it';

-- +goose StatementBegin
create function note_doubt() returns trigger language plpgsql as $$
begin
    insert into doubts (delivery_id, reason) values (new.delivery_id, coalesce(new.reason, ''));
    return null;
end $$;
-- +goose StatementEnd
create trigger deliveries_doubted after update of state on deliveries for each row
    when (old.state = 'sending' and new.state in ('unknown', 'quarantine'))
    execute function note_doubt();
