-- Whether a customer was merged into another stands with their addresses too, which is the row that the gate holds: it need not ask for another.
-- +goose Up

alter table contacts add column merged boolean not null default false;
comment on column contacts.merged is 'into another customer, whom customers.merged_into names; a trigger keeps it';
update contacts k set merged = true from customers u where u.customer_id = k.customer_id and u.merged_into is not null;

-- +goose StatementBegin
create function note_merged() returns trigger language plpgsql set enable_seqscan = off as $$
begin
    update contacts set merged = new.merged_into is not null where customer_id = new.customer_id;
    return null;
end $$;
-- +goose StatementEnd
create trigger customers_merged after update of merged_into on customers for each row
    when (old.merged_into is distinct from new.merged_into) execute function note_merged();
