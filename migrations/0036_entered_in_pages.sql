-- What enrollments, rounds, deliveries and codes must belong to is looked up for a page of them at once, and not for each row; and what they
-- belong to stays.
-- +goose Up

alter table enrollments drop constraint enrollments_customer_id_fkey, drop constraint enrollments_campaign_id_design_fkey;
alter table rounds drop constraint rounds_customer_id_entered_at_enrollment_id_fkey;
alter table deliveries drop constraint deliveries_customer_id_entered_at_enrollment_id_round_fkey;
alter table coupons drop constraint coupons_customer_id_entered_at_enrollment_id_round_wave_fkey;

-- One by one, by their index: the plans are kept, and may have been made while the tables were empty.
-- +goose StatementBegin
create function require_entrant() returns trigger language plpgsql
    set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare stray record;
begin
    select f.customer_id into stray from fresh f where not exists (select from customers c where c.customer_id = f.customer_id);
    if found then
        raise exception 'there is no customer %', stray.customer_id using errcode = 'foreign_key_violation';
    end if;
    select f.campaign_id, f.design into stray
      from (select distinct campaign_id, design from fresh) f
     where not exists (select from campaign_designs d where d.campaign_id = f.campaign_id and d.design = f.design);
    if found then
        raise exception 'campaign % has no design %', stray.campaign_id, stray.design using errcode = 'foreign_key_violation';
    end if;
    return null;
end $$;
create function require_enrollment() returns trigger language plpgsql
    set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare stray record;
begin
    select f.enrollment_id, f.round into stray
      from fresh f
     where not exists (select from enrollments e where e.customer_id = f.customer_id and e.entered_at = f.entered_at and e.enrollment_id = f.enrollment_id);
    if found then
        raise exception 'round % is of no enrollment: there is no %', stray.round, stray.enrollment_id using errcode = 'foreign_key_violation';
    end if;
    return null;
end $$;
create function require_round() returns trigger language plpgsql
    set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare stray record;
begin
    select f.enrollment_id, f.round into stray
      from (select distinct customer_id, entered_at, enrollment_id, round from fresh) f
     where not exists (select from rounds r where r.customer_id = f.customer_id and r.entered_at = f.entered_at and r.enrollment_id = f.enrollment_id and r.round = f.round);
    if found then
        raise exception 'enrollment % has not begun round %', stray.enrollment_id, stray.round using errcode = 'foreign_key_violation';
    end if;
    return null;
end $$;
create function require_delivery() returns trigger language plpgsql
    set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare stray record;
begin
    select f.code into stray
      from fresh f
     where f.customer_id is not null
       and not exists (select from deliveries d where d.customer_id = f.customer_id and d.entered_at = f.entered_at and d.enrollment_id = f.enrollment_id
                                                  and d.round = f.round and d.wave = f.wave);
    if found then
        raise exception 'code % is of no delivery', stray.code using errcode = 'foreign_key_violation';
    end if;
    return null;
end $$;
create function refuse_leaving() returns trigger language plpgsql as $$
begin
    raise exception '% stay, and keep their keys: what campaigns did hangs on them', tg_table_name using errcode = 'check_violation';
end $$;
create function refuse_entrants_leaving() returns trigger language plpgsql as $$
begin
    if exists (select from enrollments where customer_id = old.customer_id) then
        raise exception 'customer % stays, and keeps their key: they entered a campaign', old.customer_id using errcode = 'check_violation';
    end if;
    return case tg_op when 'DELETE' then old else new end;
end $$;
-- +goose StatementEnd

create trigger enrollments_of_somebody after insert on enrollments referencing new table as fresh for each statement execute function require_entrant();
create trigger rounds_of_an_enrollment after insert on rounds referencing new table as fresh for each statement execute function require_enrollment();
create trigger deliveries_of_a_round after insert on deliveries referencing new table as fresh for each statement execute function require_round();
create trigger coupons_of_a_delivery after update on coupons referencing new table as fresh for each statement execute function require_delivery();
create trigger coupons_begin_of_a_delivery after insert on coupons referencing new table as fresh for each statement execute function require_delivery();
create trigger enrollments_stay before delete or update of customer_id, entered_at, enrollment_id, campaign_id, design on enrollments for each row execute function refuse_leaving();
create trigger rounds_stay before delete or update of customer_id, entered_at, enrollment_id, round on rounds for each row execute function refuse_leaving();
create trigger campaign_designs_stay before delete or update of campaign_id, design on campaign_designs for each row execute function refuse_leaving();
create trigger entrants_stay before delete or update of customer_id on customers for each row execute function refuse_entrants_leaving();
