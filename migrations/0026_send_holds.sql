-- A switch above all campaigns: nothing goes out, or nothing on a channel.
-- +goose Up
alter table acts alter delivery_id drop not null, add column target text, drop constraint acts_verb_check,
    add constraint acts_verb_check check (verb in ('replay', 'settle', 'hold', 'release')),
    add constraint acts_are_about_one_thing check ((verb in ('replay', 'settle')) = (delivery_id is not null) and (verb in ('hold', 'release')) = (target is not null));
comment on column acts.target is 'what is on hold: all, or a channel';

-- Every gate reads it, and whoever hands out. It holds a few rows at most.
create table send_holds (
    channel text primary key,
    since   timestamptz not null default clock_timestamp(),
    who     text not null check (who <> ''),
    because text not null check (because ~ '\S')
);
comment on table send_holds is 'what is on hold now: each a channel, or all of them where the channel is empty';

-- +goose StatementBegin
create function require_hold_act() returns trigger language plpgsql as $$
declare
    held text := case when tg_op = 'DELETE' then old.channel else new.channel end;
begin
    if not exists (select from acts a where a.target = coalesce(nullif(held, ''), 'all') and a.xid = pg_current_xact_id() and a.at >= now()
                      and a.verb = case when tg_op = 'DELETE' then 'release' else 'hold' end) then
        raise exception 'a hold is begun, changed and ended only with an act that says why' using errcode = 'check_violation';
    end if;
    return case when tg_op = 'DELETE' then old else new end;
end $$;
-- +goose StatementEnd

create trigger send_holds_by_act before insert or update or delete on send_holds for each row execute function require_hold_act();
create trigger send_holds_stay before truncate on send_holds for each statement execute function refuse_act_change();
