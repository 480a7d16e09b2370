-- What codes bind of a budget is added up where a code is given or redeemed: each gate of a campaign with a budget read all its codes, under
-- the lock that the next one waited for.
-- +goose Up

create table bound_codes (
    campaign_id int         not null,
    pool        text        not null references coupon_pools,
    hourly      boolean     not null,
    until       timestamptz not null,
    backend     int         not null,
    codes       bigint      not null,
    minor       bigint      not null,
    primary key (campaign_id, pool, hourly, until, backend)
);
comment on table bound_codes is 'what the codes of campaigns bind until when, a sum of coupons that a trigger keeps';
comment on column bound_codes.hourly is 'a sum of those that end within the hour from until on, and of all without an end; otherwise of those that end at until';
comment on column bound_codes.backend is 'which added to it: nobody waits for anybody, least of all a gate for an import';
comment on column bound_codes.codes is 'that bind their face value: not redeemed, or nobody knows what for';
comment on column bound_codes.minor is 'what others took off or cost, with no end';

-- The index is of no use any more. A code begins free: what is given at once would be counted nowhere.
drop index coupons_bound;
drop trigger coupons_begin_of_a_delivery on coupons;
drop trigger coupons_of_a_delivery on coupons;
drop function require_delivery();
drop trigger coupons_code on coupons;
drop function refuse_code();
-- +goose StatementBegin
create function refuse_code() returns trigger language plpgsql as $$
begin
    if new.code ~ '^[A-Z0-9]{4,40}$' then
        raise exception 'a code begins free, and % does not', new.code using errcode = 'check_violation';
    end if;
    raise exception 'a code is 4 to 40 capital letters and digits, not %', new.code using errcode = 'check_violation';
end $$;

create function note_bound() returns trigger language plpgsql
    set enable_seqscan to off set enable_hashjoin to off set enable_mergejoin to off as $$
declare
    found_all boolean;
    stray text;
begin
    with changed as materialized (
        select d.campaign_id, x.pool, x.until, sum(x.sign * x.codes) as codes, sum(x.sign * x.minor) as minor, count(*) filter (where x.sign = 1 and d.arm = 'treat') as given
          from (select f.customer_id, f.entered_at, f.enrollment_id, f.round, f.wave, f.pool, 1 as sign, (f.redeemed_minor is null)::int as codes, coalesce(f.redeemed_minor, 0) as minor,
                       case when f.redeemed_order_id is null then coalesce(f.expires_at, 'infinity') else 'infinity' end as until
                  from fresh f where f.customer_id is not null
                union all
                select s.customer_id, s.entered_at, s.enrollment_id, s.round, s.wave, s.pool, -1, (s.redeemed_minor is null)::int, coalesce(s.redeemed_minor, 0),
                       case when s.redeemed_order_id is null then coalesce(s.expires_at, 'infinity') else 'infinity' end
                  from stale s where s.customer_id is not null) x
          join deliveries d on d.customer_id = x.customer_id and d.entered_at = x.entered_at and d.enrollment_id = x.enrollment_id and d.round = x.round and d.wave = x.wave
         group by d.campaign_id, x.pool, x.until
    ), written as (
        insert into bound_codes as b (campaign_id, pool, hourly, until, backend, codes, minor)
        select c.campaign_id, c.pool, h.hourly, h.until, pg_backend_pid(), sum(c.codes), sum(c.minor)
          from changed c cross join lateral (values (true, date_trunc('hour', c.until, 'UTC')), (false, c.until)) h(hourly, until)
         where (c.codes <> 0 or c.minor <> 0) and (h.hourly or h.until < 'infinity')
         group by c.campaign_id, c.pool, h.hourly, h.until
            on conflict (campaign_id, pool, hourly, until, backend) do update set codes = b.codes + excluded.codes, minor = b.minor + excluded.minor
    )
    select coalesce(sum(c.given), 0) = (select count(f.customer_id) from fresh f) into found_all from changed c;
    if not found_all then
        select min(f.code) into stray
          from fresh f
         where f.customer_id is not null
           and not exists (select from deliveries d where d.customer_id = f.customer_id and d.entered_at = f.entered_at and d.enrollment_id = f.enrollment_id
                                                      and d.round = f.round and d.wave = f.wave and d.arm = 'treat');
        raise exception 'code % is of no delivery of somebody treated', stray using errcode = 'foreign_key_violation';
    end if;
    return null;
end $$;
-- +goose StatementEnd
create trigger coupons_code before update of code on coupons for each row
    when (new.code !~ '^[A-Z0-9]{4,40}$') execute function refuse_code();
create trigger coupons_begin before insert on coupons for each row
    when (new.code !~ '^[A-Z0-9]{4,40}$' or new.bound_at is not null) execute function refuse_code();
create trigger coupons_of_a_delivery after update on coupons referencing old table as stale new table as fresh
    for each statement execute function note_bound();

insert into bound_codes (campaign_id, pool, hourly, until, backend, codes, minor)
select c.campaign_id, c.pool, h.hourly, h.until, 0, count(*) filter (where c.redeemed_minor is null), coalesce(sum(c.redeemed_minor), 0)
  from (select d.campaign_id, c.pool, c.redeemed_minor,
               case when c.redeemed_order_id is null then coalesce(c.expires_at, 'infinity') else 'infinity' end as until
          from coupons c join deliveries d using (customer_id, entered_at, enrollment_id, round, wave)) c
 cross join lateral (values (true, date_trunc('hour', c.until, 'UTC')), (false, c.until)) h(hourly, until)
 where h.hourly or h.until < 'infinity'
 group by c.campaign_id, c.pool, h.hourly, h.until;
