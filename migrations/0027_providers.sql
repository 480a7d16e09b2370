-- What providers ask of us: that nothing comes for a while, and on new ones only so many messages a day.
-- +goose Up

-- A rest is a row and is never moved: one that lasts longer is another row, so that an audit knows what held when.
create table provider_holds (
    hold_id bigint generated always as identity primary key,
    channel text not null check (channel <> ''),
    since   timestamptz not null,
    until   timestamptz not null check (until >= since),
    reason  text not null check (reason ~ '\S')
);
comment on table provider_holds is 'when a provider takes nothing: it said so, or its calls failed; the row that ends last is the one that holds';
comment on column provider_holds.since is 'business time';
comment on column provider_holds.until is 'business time; a person may bring it forward, with an act';
create index provider_holds_until on provider_holds (until, channel); -- few are in force, however many there were

-- +goose StatementBegin
create function require_release_act() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' or (new.channel, new.since, new.reason) is distinct from (old.channel, old.since, old.reason) or new.until > old.until
       or not exists (select from acts a where a.target = old.channel and a.verb = 'release' and a.xid = pg_current_xact_id() and a.at >= now()) then
        raise exception 'the rest of a provider is only ended, by a person, with an act that says why' using errcode = 'check_violation';
    end if;
    return new;
end $$;
-- +goose StatementEnd

create trigger provider_holds_by_act before update or delete on provider_holds for each row execute function require_release_act();

-- How many messages of a day a channel that warms up has had. Gates lock the row behind the campaign's limits.
create table channel_days (
    channel text not null,
    day     date not null,
    since   timestamptz not null,
    last    timestamptz not null,
    allowed int not null check (allowed > 0),
    passed  int not null default 0 check (passed >= 0),
    primary key (channel, day)
);
comment on column channel_days.day is 'in the shop''s zone';
comment on column channel_days.since is 'business time of the first gate that counted; last: of the last that let anything through';
comment on column channel_days.allowed is 'messages, as rewave.yaml said: the most of what it said that day';
comment on column channel_days.passed is 'messages that were let through and may have reached the provider, service messages too';
