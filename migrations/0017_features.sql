-- What rules ask most often of a customer, one row each, kept by the imports: a rule over millions is one scan of it.
-- +goose Up
create table categories (
    category_id int generated always as identity primary key,
    name        text not null unique check (name <> '')
);
alter table products add column category_id int references categories;
comment on column products.category_id is 'category, numbered by a trigger whoever writes it; null: none';

-- +goose StatementBegin
create function number_category() returns trigger language plpgsql as $$
begin
    new.category_id := null;
    if new.category <> '' then
        select category_id into new.category_id from categories where name = new.category;
        if not found then
            insert into categories (name) values (new.category) on conflict (name) do nothing;
            select category_id into new.category_id from categories where name = new.category;
        end if;
    end if;
    return new;
end $$;
-- +goose StatementEnd
create trigger products_category before insert or update of category, category_id on products
    for each row execute function number_category();
insert into categories (name) select distinct category from products where category <> '' order by category;
update products p set category_id = c.category_id from categories c where c.name = p.category;

-- No foreign key: the rows are derived, and to check them one by one would cost as much as to write them.
create table customer_features (
    customer_id     bigint primary key,
    changed_at      timestamptz not null,
    first_at        timestamptz,
    last_at         timestamptz,
    first_day_minor bigint,
    revenue_minor   bigint not null,
    gross_minor     bigint not null,
    refunded_minor  bigint not null,
    orders          int not null,
    placed          int not null,
    refunded_orders int not null,
    days            int not null,
    units           int not null,
    coupon_orders   int not null,
    categories      int[] not null
) with (fillfactor = 85);
comment on table customer_features is 'every customer who is not merged, as of the far end of time; orders in the currency of feature_state count';
comment on column customer_features.changed_at is 'when the newest of its orders was placed, refunded or given back; as of any instant from then on the row is right';
comment on column customer_features.first_at is 'the first kept order; null: none';
comment on column customer_features.last_at is 'the last kept order; null: none';
comment on column customer_features.first_day_minor is 'kept orders of the day of first_at in the shop''s zone, net of refunds; null: none';
comment on column customer_features.revenue_minor is 'kept orders, net of refunds';
comment on column customer_features.gross_minor is 'all orders, kept or not, before refunds';
comment on column customer_features.refunded_minor is 'what came back of all orders, kept or not';
comment on column customer_features.orders is 'kept orders';
comment on column customer_features.placed is 'all orders, kept or not';
comment on column customer_features.refunded_orders is 'orders of which something of any worth came back, or all of it';
comment on column customer_features.days is 'days in the shop''s zone on which a kept order was placed';
comment on column customer_features.units is 'units of kept orders that did not come back';
comment on column customer_features.coupon_orders is 'kept orders that redeemed one of our codes';
comment on column customer_features.categories is 'categories of which a unit was kept, by rising id; products without one count for none';

create table feature_state (
    only_one   boolean primary key default true check (only_one),
    currency   text not null check (currency ~ '^[A-Z]{3}$'),
    zone       text not null,
    newest_at  timestamptz not null,
    rebuilt_at timestamptz not null default now()
);
comment on table feature_state is 'on which basis customer_features is kept; no row: it is not kept';
comment on column feature_state.newest_at is 'no changed_at is later: as of any instant from then on all rows are right';

alter table import_orders add column had_customer_id bigint;
comment on column import_orders.had_customer_id is 'whose order it was, where the file gives it to somebody else';

-- Everything that is asked of a customer's orders as of an instant, so that the table need not be looked at.
drop index orders_customer;
create index orders_customer on orders (customer_id, placed_at) include (order_id, unkept_at, gross_minor, refunded_minor, currency);

-- What customer_features has to say: the one definition that rebuilding, upkeep and audit share. of_customers null: all.
-- It is to be inlined, with of_customers a constant, so that what is not asked for is not read.
-- +goose StatementBegin
create function features_of(of_customers bigint[], in_currency text, in_zone text)
    returns table (customer_id bigint, changed_at timestamptz, first_at timestamptz, last_at timestamptz, first_day_minor bigint, revenue_minor bigint,
                   gross_minor bigint, refunded_minor bigint, orders int, placed int, refunded_orders int, days int, units int, coupon_orders int, categories int[])
    language sql stable parallel safe
begin atomic
    select u.customer_id, greatest(p.changed_at, b.changed_at, '-infinity'), p.first_at, p.last_at, p.first_day_minor::bigint,
           coalesce(p.revenue_minor, 0)::bigint, coalesce(p.gross_minor, 0)::bigint, coalesce(p.refunded_minor, 0)::bigint,
           coalesce(p.orders, 0)::int, coalesce(p.placed, 0)::int, coalesce(b.orders, 0)::int, coalesce(p.days, 0)::int,
           coalesce(l.units, 0)::int, coalesce(c.orders, 0)::int, coalesce(l.categories, '{}')
      from customers u
      left join ( -- heads
          select o.customer_id, max(greatest(o.placed_at, o.unkept_at)) as changed_at,
                 min(o.placed_at) filter (where o.kept) as first_at, max(o.placed_at) filter (where o.kept) as last_at,
                 sum(o.net) filter (where o.kept and o.day = o.first_day) as first_day_minor, sum(o.net) filter (where o.kept) as revenue_minor,
                 sum(o.gross_minor) as gross_minor, sum(o.refunded_minor) as refunded_minor,
                 count(*) filter (where o.kept) as orders, count(*) as placed, count(distinct o.day) filter (where o.kept) as days
            from (select o.customer_id, o.placed_at, o.unkept_at, o.gross_minor, o.refunded_minor, o.gross_minor - o.refunded_minor as net,
                         o.unkept_at is null as kept, (o.placed_at at time zone in_zone)::date as day,
                         (min(o.placed_at) filter (where o.unkept_at is null) over (partition by o.customer_id) at time zone in_zone)::date as first_day
                    from orders o
                   where o.customer_id is not null and o.currency = in_currency and (of_customers is null or o.customer_id = any (of_customers))) o
           group by o.customer_id) p on p.customer_id = u.customer_id
      left join ( -- what came back
          select o.customer_id, max(r.refunded_at) as changed_at,
                 count(distinct o.order_id) filter (where o.refunded_minor <> 0 or o.unkept_at is not null) as orders
            from refunds r
            join orders o on o.order_id = r.order_id
           where o.customer_id is not null and o.currency = in_currency and (of_customers is null or o.customer_id = any (of_customers))
           group by o.customer_id) b on b.customer_id = u.customer_id
      left join ( -- kept lines
          select o.customer_id, sum(l.quantity - l.refunded_quantity) as units,
                 array_agg(distinct a.category_id) filter (where a.category_id is not null) as categories
            from order_lines l
            join orders o on o.order_id = l.order_id
            join products a on a.product_id = l.product_id
           where l.refunded_quantity < l.quantity and o.unkept_at is null
             and o.customer_id is not null and o.currency = in_currency and (of_customers is null or o.customer_id = any (of_customers))
           group by o.customer_id) l on l.customer_id = u.customer_id
      left join (
          select o.customer_id, count(distinct o.order_id) as orders
            from coupons k
            join orders o on o.order_id = k.redeemed_order_id
           where o.unkept_at is null
             and o.customer_id is not null and o.currency = in_currency and (of_customers is null or o.customer_id = any (of_customers))
           group by o.customer_id) c on c.customer_id = u.customer_id
     where u.merged_into is null and (of_customers is null or u.customer_id = any (of_customers));
end;
-- +goose StatementEnd
