-- What people did to deliveries, and why; and deliveries that providers will not take.
-- +goose Up

-- Append-only. Each act is written in the transaction of its deed; xid ties the two, so that the deed cannot be done without.
create table acts (
    act_id      bigint generated always as identity primary key,
    at          timestamptz not null default clock_timestamp(),
    xid         xid8 not null default pg_current_xact_id(),
    who         text not null check (who <> ''),
    verb        text not null check (verb in ('replay', 'settle')),
    because     text not null check (because ~ '\S'),
    delivery_id bigint not null,
    was         text not null,
    became      text not null
);
comment on column acts.who is 'the account on the machine it was done from';
create index acts_delivery on acts (delivery_id);

-- +goose StatementBegin
create function refuse_act_change() returns trigger language plpgsql as $$
begin
    raise exception 'acts are never changed or deleted' using errcode = 'check_violation';
end $$;

create function require_act() returns trigger language plpgsql as $$
begin
    if not exists (select from acts a where a.delivery_id = new.delivery_id and a.xid = pg_current_xact_id() and a.at >= now()
                      and a.was = old.state and a.became = new.state) then
        raise exception 'delivery % goes from % to % only by a person, with an act that says why', old.delivery_id, old.state, new.state using errcode = 'check_violation';
    end if;
    return new;
end $$;
-- +goose StatementEnd

create trigger acts_stay before update or delete on acts for each row execute function refuse_act_change();
create trigger acts_stay_all before truncate on acts for each statement execute function refuse_act_change();

-- Back to planned from where only people lead back, and an outcome that no provider gave. Behind the trigger on transitions, by its name.
create trigger deliveries_transition_by_act before update of state on deliveries for each row
    when (old.state in ('dead', 'unknown_final') and new.state = 'planned'
          or old.state in ('unknown', 'unknown_final') and new.state in ('accepted', 'failed') and new.provider is null)
    execute function require_act();

alter table deliveries add column untaken int not null default 0;
comment on column deliveries.untaken is 'how often the provider did not take it and named no time to come back, while it took others';
