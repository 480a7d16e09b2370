-- People who are erased, or turn out to be one: who did it, and why.
-- +goose Up
alter table acts drop constraint acts_verb_check, drop constraint acts_are_about_one_thing,
    add constraint acts_verb_check check (verb in ('replay', 'settle', 'hold', 'release', 'erase', 'merge')),
    add constraint acts_are_about_one_thing check ((verb in ('replay', 'settle')) = (delivery_id is not null) and (verb in ('hold', 'release', 'erase', 'merge')) = (target is not null));
comment on column acts.target is 'what is on hold: all, or a channel; or the customer who was erased or merged away, by the shop''s id';
create index acts_customer on acts (target) where verb in ('erase', 'merge');

-- How far a chain of merges may be followed: every one leads to its end in one step.
-- +goose StatementBegin
create function refuse_merge_chain() returns trigger language plpgsql as $$
begin
    if exists (select from customers u where u.customer_id = new.merged_into and u.merged_into is not null) then
        raise exception 'customer % was merged away itself', new.merged_into using errcode = 'check_violation';
    end if;
    return new;
end $$;
-- +goose StatementEnd
create trigger customers_merge_in_one_step before update of merged_into on customers for each row when (new.merged_into is not null) execute function refuse_merge_chain();
