-- What foreign keys saw to and the checks of 0036 did not: that a table is not emptied under what hangs on it, and that nobody
-- enters a campaign while their customer is deleted.
-- +goose Up

create trigger enrollments_stay_all before truncate on enrollments for each statement execute function refuse_leaving();
create trigger rounds_stay_all before truncate on rounds for each statement execute function refuse_leaving();
create trigger deliveries_stay_all before truncate on deliveries for each statement execute function refuse_leaving();
create trigger campaign_designs_stay_all before truncate on campaign_designs for each statement execute function refuse_leaving();

-- +goose StatementBegin
create or replace function refuse_entrants_leaving() returns trigger language plpgsql as $$
begin
    -- Whoever is entering ends first, and whoever enters next finds out: it is rare that a customer is deleted.
    lock table enrollments in share mode;
    if exists (select from enrollments where customer_id = old.customer_id) then
        raise exception 'customer % stays, and keeps their key: they entered a campaign', old.customer_id using errcode = 'check_violation';
    end if;
    return case tg_op when 'DELETE' then old else new end;
end $$;
-- +goose StatementEnd
