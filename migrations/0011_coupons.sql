-- What a pool's codes are worth and to whom, and which order used which code.
-- +goose Up
alter table coupon_pools
    add column kind           text not null default 'gift' check (kind in ('amount', 'percent', 'free_shipping', 'gift')),
    add column currency       text check (currency ~ '^[A-Z]{3}$'),
    add column value_minor    bigint check (value_minor >= 0),
    add column percent_ppb    bigint check (percent_ppb between 1 and 1000000000),
    add column at_most_minor  bigint check (at_most_minor > 0),
    add column min_spend_minor bigint check (min_spend_minor > 0),
    add column valid_from     timestamptz,
    add column valid_until    timestamptz,
    add column per_customer   int not null default 1 check (per_customer >= 1),
    add constraint amounts_have_a_value check (kind <> 'amount' or coalesce(value_minor, 0) > 0),
    add constraint percents_have_a_share check ((kind = 'percent') = (percent_ppb is not null) and (kind <> 'percent' or value_minor is null)),
    add constraint only_percents_are_capped check (kind = 'percent' or at_most_minor is null),
    add constraint money_has_a_currency check (currency is not null or num_nonnulls(value_minor, at_most_minor, min_spend_minor) = 0),
    add constraint valid_for_some_time check (valid_from < valid_until);
alter table coupon_pools alter column kind drop default;
comment on column coupon_pools.value_minor is 'amount: what comes off the order; free_shipping and gift: what one costs the shop, null where nobody said';
comment on column coupon_pools.at_most_minor is 'a percentage takes no more than this off an order; null: no bound';
comment on column coupon_pools.valid_until is 'codes may be bound and used before this instant; null: no end';
comment on column coupon_pools.per_customer is 'codes of this pool that one customer may ever be given';

-- An order names a code and no pool, so a code is in one pool only.
alter table coupons drop constraint coupons_pkey, add primary key (code),
    add column added_at          timestamptz not null default now(),
    add column burnt_at          timestamptz,
    add column expires_at        timestamptz,
    add column redeemed_order_id bigint references orders,
    add column redeemed_at       timestamptz,
    add column redeemed_minor    bigint check (redeemed_minor >= 0),
    add constraint burnt_codes_are_never_bound check (burnt_at is null or bound_at is null),
    add constraint only_bound_codes_expire check (bound_at is not null or expires_at is null),
    add constraint only_bound_codes_are_redeemed check (bound_at is not null or redeemed_order_id is null),
    add constraint redeemed_by_an_order check ((redeemed_order_id is null) = (redeemed_at is null) and (redeemed_order_id is not null or redeemed_minor is null)),
    add constraint expires_after_it_was_bound check (expires_at > bound_at);
comment on column coupons.bound_at is 'business time of the gate that gave it to this delivery; a bound code is never free again';
comment on column coupons.burnt_at is 'an order named it while it was free: it got out, and nobody is given it';
comment on column coupons.expires_at is 'it counts for orders before this instant; null: no end';
comment on column coupons.redeemed_at is 'when that order was placed';
comment on column coupons.redeemed_minor is 'what it took off that order, or cost; null where the pool does not say or the currency is another';
-- Free codes leave this index as they are bound, so that a pool's end is found as fast as its beginning: it must not
-- wait for a fifth of a large pool to change.
create index coupons_free on coupons (pool, code) where bound_at is null and burnt_at is null;
create index coupons_redeemed on coupons (redeemed_order_id) where redeemed_order_id is not null;
alter table coupons set (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);

-- Codes that orders name, ours or not: those of a pool that comes later are found here.
create table order_coupons (
    order_id    bigint not null references orders,
    code        text not null check (code <> ''),
    recorded_at timestamptz not null default now(),
    primary key (order_id, code)
);
create index order_coupons_code on order_coupons (code);

-- Uses of a code by somebody else than its one customer, or at another time than its own.
create table coupon_leaks (
    code        text not null references coupons,
    order_id    bigint not null references orders,
    why         text not null check (why in ('free', 'guest', 'other_customer', 'early', 'expired', 'again')),
    recorded_at timestamptz not null default now(),
    primary key (code, order_id)
);
comment on column coupon_leaks.why is 'free: nobody had been given it; guest: an order without a customer; again: an earlier order used it up';
create index coupon_leaks_order on coupon_leaks (order_id);
