-- What the migrations add up to. Written by `go test ./internal/postgres -run Schema -update`; do not edit.

CREATE OR REPLACE FUNCTION public.address_hash(address text)
 RETURNS bytea
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
AS $function$ select sha256(convert_to(lower(normalize(btrim(address), NFKC) collate "und-x-icu"), 'UTF8')) $function$;

CREATE OR REPLACE FUNCTION public.features_of(of_customers bigint[], in_currency text, in_zone text)
 RETURNS TABLE(customer_id bigint, changed_at timestamp with time zone, first_at timestamp with time zone, last_at timestamp with time zone, first_day_minor bigint, revenue_minor bigint, gross_minor bigint, refunded_minor bigint, orders integer, placed integer, refunded_orders integer, days integer, units integer, coupon_orders integer, categories integer[])
 LANGUAGE sql
 STABLE PARALLEL SAFE
BEGIN ATOMIC
 SELECT u.customer_id,
     GREATEST(p.changed_at, b.changed_at, '-infinity'::timestamp with time zone) AS "greatest",
     p.first_at,
     p.last_at,
     (p.first_day_minor)::bigint AS first_day_minor,
     (COALESCE(p.revenue_minor, (0)::numeric))::bigint AS "coalesce",
     (COALESCE(p.gross_minor, (0)::numeric))::bigint AS "coalesce",
     (COALESCE(p.refunded_minor, (0)::numeric))::bigint AS "coalesce",
     (COALESCE(p.orders, (0)::bigint))::integer AS "coalesce",
     (COALESCE(p.placed, (0)::bigint))::integer AS "coalesce",
     (COALESCE(b.orders, (0)::bigint))::integer AS "coalesce",
     (COALESCE(p.days, (0)::bigint))::integer AS "coalesce",
     (COALESCE(l.units, (0)::bigint))::integer AS "coalesce",
     (COALESCE(c.orders, (0)::bigint))::integer AS "coalesce",
     COALESCE(l.categories, '{}'::integer[]) AS "coalesce"
    FROM ((((customers u
      LEFT JOIN ( SELECT o.customer_id,
             max(GREATEST(o.placed_at, o.unkept_at)) AS changed_at,
             min(o.placed_at) FILTER (WHERE o.kept) AS first_at,
             max(o.placed_at) FILTER (WHERE o.kept) AS last_at,
             sum(o.net) FILTER (WHERE (o.kept AND (o.day = o.first_day))) AS first_day_minor,
             sum(o.net) FILTER (WHERE o.kept) AS revenue_minor,
             sum(o.gross_minor) AS gross_minor,
             sum(o.refunded_minor) AS refunded_minor,
             count(*) FILTER (WHERE o.kept) AS orders,
             count(*) AS placed,
             count(DISTINCT o.day) FILTER (WHERE o.kept) AS days
            FROM ( SELECT o_1.customer_id,
                     o_1.placed_at,
                     o_1.unkept_at,
                     o_1.gross_minor,
                     o_1.refunded_minor,
                     (o_1.gross_minor - o_1.refunded_minor) AS net,
                     (o_1.unkept_at IS NULL) AS kept,
                     ((o_1.placed_at AT TIME ZONE features_of.in_zone))::date AS day,
                     ((min(o_1.placed_at) FILTER (WHERE (o_1.unkept_at IS NULL)) OVER (PARTITION BY o_1.customer_id) AT TIME ZONE features_of.in_zone))::date AS first_day
                    FROM orders o_1
                   WHERE ((o_1.customer_id IS NOT NULL) AND (o_1.currency = features_of.in_currency) AND ((features_of.of_customers IS NULL) OR (o_1.customer_id = ANY (features_of.of_customers))))) o
           GROUP BY o.customer_id) p ON ((p.customer_id = u.customer_id)))
      LEFT JOIN ( SELECT o.customer_id,
             max(r.refunded_at) AS changed_at,
             count(DISTINCT o.order_id) FILTER (WHERE ((o.refunded_minor <> 0) OR (o.unkept_at IS NOT NULL))) AS orders
            FROM (refunds r
              JOIN orders o ON ((o.order_id = r.order_id)))
           WHERE ((o.customer_id IS NOT NULL) AND (o.currency = features_of.in_currency) AND ((features_of.of_customers IS NULL) OR (o.customer_id = ANY (features_of.of_customers))))
           GROUP BY o.customer_id) b ON ((b.customer_id = u.customer_id)))
      LEFT JOIN ( SELECT o.customer_id,
             sum((l_1.quantity - l_1.refunded_quantity)) AS units,
             array_agg(DISTINCT a.category_id) FILTER (WHERE (a.category_id IS NOT NULL)) AS categories
            FROM ((order_lines l_1
              JOIN orders o ON ((o.order_id = l_1.order_id)))
              JOIN products a ON ((a.product_id = l_1.product_id)))
           WHERE ((l_1.refunded_quantity < l_1.quantity) AND (o.unkept_at IS NULL) AND (o.customer_id IS NOT NULL) AND (o.currency = features_of.in_currency) AND ((features_of.of_customers IS NULL) OR (o.customer_id = ANY (features_of.of_customers))))
           GROUP BY o.customer_id) l ON ((l.customer_id = u.customer_id)))
      LEFT JOIN ( SELECT o.customer_id,
             count(DISTINCT o.order_id) AS orders
            FROM (coupons k
              JOIN orders o ON ((o.order_id = k.redeemed_order_id)))
           WHERE ((o.unkept_at IS NULL) AND (o.customer_id IS NOT NULL) AND (o.currency = features_of.in_currency) AND ((features_of.of_customers IS NULL) OR (o.customer_id = ANY (features_of.of_customers))))
           GROUP BY o.customer_id) c ON ((c.customer_id = u.customer_id)))
   WHERE ((u.merged_into IS NULL) AND ((features_of.of_customers IS NULL) OR (u.customer_id = ANY (features_of.of_customers))));
END;

CREATE OR REPLACE FUNCTION public.half_even(x numeric)
 RETURNS numeric
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN ((abs((x - trunc(x))) = 0.5) AND (mod(trunc(x), (2)::numeric) = (0)::numeric)) THEN trunc(x) ELSE round(x) END;

CREATE OR REPLACE FUNCTION public.note_bound()
 RETURNS trigger
 LANGUAGE plpgsql
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION public.note_doubt()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    insert into doubts (delivery_id, reason) values (new.delivery_id, coalesce(new.reason, ''));
    return null;
end $function$;

CREATE OR REPLACE FUNCTION public.note_due()
 RETURNS trigger
 LANGUAGE plpgsql
 SET enable_seqscan TO 'off'
AS $function$
begin
    if old.due_at is not null then
        delete from due where due_at = old.due_at and delivery_id = old.delivery_id;
    end if;
    if new.due_at is not null then
        insert into due values (new.due_at, new.delivery_id, new.expires_at, new.campaign_id, new.version_id, new.wave, new.channel)
            on conflict (due_at, delivery_id) do update set expires_at = excluded.expires_at, channel = excluded.channel;
    end if;
    return null;
end $function$;

CREATE OR REPLACE FUNCTION public.note_merged()
 RETURNS trigger
 LANGUAGE plpgsql
 SET enable_seqscan TO 'off'
AS $function$
begin
    update contacts set merged = new.merged_into is not null where customer_id = new.customer_id;
    return null;
end $function$;

CREATE OR REPLACE FUNCTION public.note_planned()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    insert into due select due_at, delivery_id, expires_at, campaign_id, version_id, wave, channel from fresh;
    return null;
end $function$;

CREATE OR REPLACE FUNCTION public.number_category()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION public.point_anchors(of_campaign integer, of_design integer, what text, of_wave text, of_round integer, as_of timestamp with time zone)
 RETURNS TABLE(arm text, customer_id bigint, entered_at timestamp with time zone, enrollment_id bigint, round integer, trigger_order_id bigint, anchor timestamp with time zone)
 LANGUAGE sql
 STABLE PARALLEL SAFE
BEGIN ATOMIC
 SELECT e.arm,
     e.customer_id,
     e.entered_at,
     e.enrollment_id,
     r.round,
     e.trigger_order_id,
     e.entered_at
    FROM (enrollments e
      JOIN rounds r ON (((r.customer_id = e.customer_id) AND (r.entered_at = e.entered_at) AND (r.enrollment_id = e.enrollment_id) AND (r.round =
         CASE point_anchors.of_round
             WHEN 0 THEN 1
             ELSE point_anchors.of_round
         END))))
   WHERE ((point_anchors.what = 'entry'::text) AND (e.campaign_id = point_anchors.of_campaign) AND (e.design = point_anchors.of_design) AND (e.entered_at <= point_anchors.as_of))
 UNION ALL
  SELECT e.arm,
     e.customer_id,
     e.entered_at,
     e.enrollment_id,
     r.round,
     e.trigger_order_id,
     d.scheduled_at
    FROM ((enrollments e
      JOIN rounds r ON (((r.customer_id = e.customer_id) AND (r.entered_at = e.entered_at) AND (r.enrollment_id = e.enrollment_id) AND ((r.round = point_anchors.of_round) OR (point_anchors.of_round = 0)))))
      LEFT JOIN deliveries d ON (((d.customer_id = r.customer_id) AND (d.entered_at = r.entered_at) AND (d.enrollment_id = r.enrollment_id) AND (d.round = r.round) AND (d.wave = point_anchors.of_wave))))
   WHERE ((point_anchors.what = 'wave'::text) AND (e.campaign_id = point_anchors.of_campaign) AND (e.design = point_anchors.of_design) AND (e.entered_at <= point_anchors.as_of))
 UNION ALL
  SELECT e.arm,
     e.customer_id,
     e.entered_at,
     e.enrollment_id,
     r.round,
     e.trigger_order_id,
     max(d.scheduled_at) AS max
    FROM ((enrollments e
      JOIN rounds r ON (((r.customer_id = e.customer_id) AND (r.entered_at = e.entered_at) AND (r.enrollment_id = e.enrollment_id) AND ((r.round = point_anchors.of_round) OR (point_anchors.of_round = 0)))))
      LEFT JOIN deliveries d ON (((d.customer_id = r.customer_id) AND (d.entered_at = r.entered_at) AND (d.enrollment_id = r.enrollment_id) AND (d.round = r.round))))
   WHERE ((point_anchors.what = 'end'::text) AND (e.campaign_id = point_anchors.of_campaign) AND (e.design = point_anchors.of_design) AND (e.entered_at <= point_anchors.as_of))
   GROUP BY e.customer_id, e.entered_at, e.enrollment_id, r.round;
END;

CREATE OR REPLACE FUNCTION public.refuse_act_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    raise exception 'acts are never changed or deleted' using errcode = 'check_violation';
end $function$;

CREATE OR REPLACE FUNCTION public.refuse_code()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    if new.code ~ '^[A-Z0-9]{4,40}$' then
        raise exception 'a code begins free, and % does not', new.code using errcode = 'check_violation';
    end if;
    raise exception 'a code is 4 to 40 capital letters and digits, not %', new.code using errcode = 'check_violation';
end $function$;

CREATE OR REPLACE FUNCTION public.refuse_delivery_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    if tg_op = 'DELETE' then
        raise exception 'deliveries are never deleted (delivery %)', old.delivery_id using errcode = 'check_violation';
    elsif tg_op = 'INSERT' then
        raise exception 'a delivery begins as planned, not as %', new.state using errcode = 'check_violation';
    elsif old.state = new.state then
        raise exception 'identity, arm and schedule of delivery % are immutable', old.delivery_id using errcode = 'check_violation';
    end if;
    raise exception 'delivery % cannot go from % to %', old.delivery_id, old.state, new.state using errcode = 'check_violation';
end $function$;

CREATE OR REPLACE FUNCTION public.refuse_entrants_leaving()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    -- Whoever is entering ends first, and whoever enters next finds out: it is rare that a customer is deleted.
    lock table enrollments in share mode;
    if exists (select from enrollments where customer_id = old.customer_id) then
        raise exception 'customer % stays, and keeps their key: they entered a campaign', old.customer_id using errcode = 'check_violation';
    end if;
    return case tg_op when 'DELETE' then old else new end;
end $function$;

CREATE OR REPLACE FUNCTION public.refuse_leaving()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    raise exception '% stay, and keep their keys: what campaigns did hangs on them', tg_table_name using errcode = 'check_violation';
end $function$;

CREATE OR REPLACE FUNCTION public.refuse_merge_chain()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    if exists (select from customers u where u.customer_id = new.merged_into and u.merged_into is not null) then
        raise exception 'customer % was merged away itself', new.merged_into using errcode = 'check_violation';
    end if;
    return new;
end $function$;

CREATE OR REPLACE FUNCTION public.refuse_scores_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    raise exception 'scores % are kept as they were fitted', old.scores_id;
end $function$;

CREATE OR REPLACE FUNCTION public.refuse_version_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    raise exception 'version % of campaign % is kept: messages were sent by it', old.version_id, old.campaign_id using errcode = 'check_violation';
end $function$;

CREATE OR REPLACE FUNCTION public.require_act()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    if not exists (select from acts a where a.delivery_id = new.delivery_id and a.xid = pg_current_xact_id() and a.at >= now()
                      and a.was = old.state and a.became = new.state) then
        raise exception 'delivery % goes from % to % only by a person, with an act that says why', old.delivery_id, old.state, new.state using errcode = 'check_violation';
    end if;
    return new;
end $function$;

CREATE OR REPLACE FUNCTION public.require_enrollment()
 RETURNS trigger
 LANGUAGE plpgsql
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
AS $function$
declare stray record;
begin
    select f.enrollment_id, f.round into stray
      from fresh f
     where not exists (select from enrollments e where e.customer_id = f.customer_id and e.entered_at = f.entered_at and e.enrollment_id = f.enrollment_id);
    if found then
        raise exception 'round % is of no enrollment: there is no %', stray.round, stray.enrollment_id using errcode = 'foreign_key_violation';
    end if;
    return null;
end $function$;

CREATE OR REPLACE FUNCTION public.require_entrant()
 RETURNS trigger
 LANGUAGE plpgsql
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION public.require_hold_act()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
    held text := case when tg_op = 'DELETE' then old.channel else new.channel end;
begin
    if not exists (select from acts a where a.target = coalesce(nullif(held, ''), 'all') and a.xid = pg_current_xact_id() and a.at >= now()
                      and a.verb = case when tg_op = 'DELETE' then 'release' else 'hold' end) then
        raise exception 'a hold is begun, changed and ended only with an act that says why' using errcode = 'check_violation';
    end if;
    return case when tg_op = 'DELETE' then old else new end;
end $function$;

CREATE OR REPLACE FUNCTION public.require_release_act()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    if tg_op = 'DELETE' or (new.channel, new.since, new.reason) is distinct from (old.channel, old.since, old.reason) or new.until > old.until
       or not exists (select from acts a where a.target = old.channel and a.verb = 'release' and a.xid = pg_current_xact_id() and a.at >= now()) then
        raise exception 'the rest of a provider is only ended, by a person, with an act that says why' using errcode = 'check_violation';
    end if;
    return new;
end $function$;

CREATE OR REPLACE FUNCTION public.require_round()
 RETURNS trigger
 LANGUAGE plpgsql
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
AS $function$
declare stray record;
begin
    select f.enrollment_id, f.round into stray
      from (select distinct customer_id, entered_at, enrollment_id, round from fresh) f
     where not exists (select from rounds r where r.customer_id = f.customer_id and r.entered_at = f.entered_at and r.enrollment_id = f.enrollment_id and r.round = f.round);
    if found then
        raise exception 'enrollment % has not begun round %', stray.enrollment_id, stray.round using errcode = 'foreign_key_violation';
    end if;
    return null;
end $function$;

CREATE OR REPLACE FUNCTION public.require_version()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare stray record;
begin
    select f.campaign_id, f.version_id into stray
      from (select distinct campaign_id, version_id from fresh) f
     where not exists (select from campaign_versions v where v.version_id = f.version_id and v.campaign_id = f.campaign_id);
    if found then
        raise exception 'campaign % has no version %', stray.campaign_id, stray.version_id using errcode = 'foreign_key_violation';
    end if;
    return null;
end $function$;

CREATE OR REPLACE FUNCTION public.server_incarnation()
 RETURNS text
 LANGUAGE plpgsql
AS $function$
begin
    return (select system_identifier::text from pg_control_system()) || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8);
end $function$;

create table installation (
    only_one boolean not null default true,
    id uuid not null default gen_random_uuid(),
    queue text,
    created_at timestamp with time zone not null default now(),
    constraint installation_pkey PRIMARY KEY (only_one),
    constraint installation_only_one_check CHECK (only_one)
);

create table link_keys (
    key_id integer not null generated always as identity,
    secret bytea not null,
    created_at timestamp with time zone not null default now(),
    constraint link_keys_pkey PRIMARY KEY (key_id),
    constraint link_keys_secret_check CHECK ((octet_length(secret) >= 32))
);

create table customers (
    customer_id bigint not null generated by default as identity,
    shop_id text not null,
    merged_into bigint,
    first_name text,
    last_name text,
    locale text,
    region text,
    zone text,
    first_seen_at timestamp with time zone,
    recorded_at timestamp with time zone not null default now(),
    constraint customers_pkey PRIMARY KEY (customer_id),
    constraint customers_shop_id_key UNIQUE (shop_id),
    constraint customers_check CHECK ((merged_into <> customer_id)),
    constraint customers_shop_id_check CHECK ((shop_id <> ''::text)),
    constraint customers_merged_into_fkey FOREIGN KEY (merged_into) REFERENCES customers(customer_id)
);
CREATE INDEX customers_merged ON public.customers USING btree (customer_id) INCLUDE (merged_into) WHERE (merged_into IS NOT NULL);
CREATE INDEX customers_merged_into ON public.customers USING btree (merged_into) WHERE (merged_into IS NOT NULL);
CREATE TRIGGER customers_merge_in_one_step BEFORE UPDATE OF merged_into ON public.customers FOR EACH ROW WHEN ((new.merged_into IS NOT NULL)) EXECUTE FUNCTION refuse_merge_chain();
CREATE TRIGGER customers_merged AFTER UPDATE OF merged_into ON public.customers FOR EACH ROW WHEN ((old.merged_into IS DISTINCT FROM new.merged_into)) EXECUTE FUNCTION note_merged();
CREATE TRIGGER entrants_stay BEFORE DELETE OR UPDATE OF customer_id ON public.customers FOR EACH ROW EXECUTE FUNCTION refuse_entrants_leaving();
comment on column customers.shop_id is 'the shop''s own id: the unit of assignment, never changed';

create table identities (
    kind text not null,
    value text not null,
    customer_id bigint not null,
    constraint identities_pkey PRIMARY KEY (kind, value),
    constraint identities_kind_check CHECK ((kind = ANY (ARRAY['shop'::text, 'email'::text, 'phone'::text]))),
    constraint identities_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(customer_id)
);
CREATE INDEX identities_customer ON public.identities USING btree (customer_id);

create table contacts (
    customer_id bigint not null,
    email text,
    email_hash bytea generated always as (address_hash(email)) stored,
    phone text,
    phone_hash bytea generated always as (address_hash(phone)) stored,
    erased_at timestamp with time zone,
    merged boolean not null default false,
    email_since timestamp with time zone,
    phone_since timestamp with time zone,
    constraint contacts_pkey PRIMARY KEY (customer_id),
    constraint contacts_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(customer_id)
) with (fillfactor=80);
CREATE INDEX contacts_email ON public.contacts USING btree (email_hash) WHERE (email_hash IS NOT NULL);
CREATE INDEX contacts_phone ON public.contacts USING btree (phone_hash) WHERE (phone_hash IS NOT NULL);
comment on column contacts.email_since is 'when it took the place of another; null: it did not, as far as is known';
comment on column contacts.merged is 'into another customer, whom customers.merged_into names; a trigger keeps it';
comment on column contacts.phone_since is 'as email_since';

create table products (
    product_id bigint not null generated by default as identity,
    sku text not null,
    name text,
    category text,
    price_minor bigint,
    cost_minor bigint,
    recorded_at timestamp with time zone not null default now(),
    category_id integer,
    role text,
    role_given boolean not null default false,
    role_reasons jsonb,
    role_at timestamp with time zone,
    constraint products_pkey PRIMARY KEY (product_id),
    constraint products_sku_key UNIQUE (sku),
    constraint products_check CHECK (((role IS NOT NULL) OR (NOT role_given))),
    constraint products_role_check CHECK ((role = ANY (ARRAY['profit'::text, 'traffic'::text, 'potential'::text, 'marginal'::text, 'new'::text]))),
    constraint products_sku_check CHECK ((sku <> ''::text)),
    constraint products_category_id_fkey FOREIGN KEY (category_id) REFERENCES categories(category_id)
);
CREATE TRIGGER products_category BEFORE INSERT OR UPDATE OF category, category_id ON public.products FOR EACH ROW EXECUTE FUNCTION number_category();
comment on column products.category_id is 'category, numbered by a trigger whoever writes it; null: none';
comment on column products.role is 'null: not known';
comment on column products.role_at is 'business time of the proposal';
comment on column products.role_given is 'the shop said so, which no proposal overrides; else it was proposed from sales';
comment on column products.role_reasons is 'the signs that a proposal was made from; null: the role was given, or there is none';

create table orders (
    order_id bigint not null generated by default as identity,
    source text not null,
    shop_order_id text not null,
    customer_id bigint,
    placed_at timestamp with time zone not null,
    currency text not null,
    gross_minor bigint not null,
    refunded_minor bigint not null default 0,
    unkept_at timestamp with time zone,
    recorded_at timestamp with time zone not null default now(),
    status text,
    entry_path text,
    promised_at timestamp with time zone,
    delivered_at timestamp with time zone,
    discount_minor bigint,
    coupon_code text,
    constraint orders_pkey PRIMARY KEY (order_id),
    constraint orders_source_shop_order_id_key UNIQUE (source, shop_order_id),
    constraint orders_coupon_code_check CHECK ((coupon_code <> ''::text)),
    constraint orders_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    constraint orders_discount_minor_check CHECK ((discount_minor >= 0)),
    constraint orders_entry_path_check CHECK ((entry_path <> ''::text)),
    constraint orders_shop_order_id_check CHECK ((shop_order_id <> ''::text)),
    constraint orders_status_check CHECK ((status <> ''::text)),
    constraint orders_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(customer_id)
);
CREATE INDEX orders_customer ON public.orders USING btree (customer_id, placed_at) INCLUDE (order_id, unkept_at, gross_minor, refunded_minor, currency);
comment on column orders.coupon_code is 'the codes it named, divided by semicolons, whether or not they are of a pool';
comment on column orders.customer_id is 'null: a guest, who counts for no rule and no rate';
comment on column orders.delivered_at is 'of several parcels the last';
comment on column orders.discount_minor is 'what came off the list value, told and never taken off gross_minor; 0 is a full price';
comment on column orders.entry_path is 'where the buyer came from, as the shop writes it';
comment on column orders.promised_at is 'the last instant at which a delivery is on time; of a day, its end';
comment on column orders.refunded_minor is 'all refunds whatever their date; 0 spares the look at refunds';
comment on column orders.status is 'the shop''s word in small letters, as of its newest telling: it has no history, so that it says nothing of an earlier instant';
comment on column orders.unkept_at is 'the instant its last unit came back; an order is kept at t iff this is null or later than t';

create table order_lines (
    order_id bigint not null,
    line_no integer not null,
    product_id bigint not null,
    quantity integer not null,
    unit_price numeric(16,4) not null,
    amount_minor bigint not null,
    refunded_quantity integer not null default 0,
    constraint order_lines_pkey PRIMARY KEY (order_id, line_no),
    constraint order_lines_check CHECK (((refunded_quantity >= 0) AND (refunded_quantity <= quantity))),
    constraint order_lines_line_no_check CHECK ((line_no > 0)),
    constraint order_lines_quantity_check CHECK ((quantity > 0)),
    constraint order_lines_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(order_id),
    constraint order_lines_product_id_fkey FOREIGN KEY (product_id) REFERENCES products(product_id)
);

create table refunds (
    refund_id bigint not null generated by default as identity,
    source text not null,
    shop_refund_id text not null,
    line_no integer not null,
    part integer not null default 1,
    order_id bigint,
    order_line_no integer,
    customer_id bigint,
    product_id bigint,
    refunded_at timestamp with time zone not null,
    quantity integer not null,
    amount_minor bigint not null,
    recorded_at timestamp with time zone not null default now(),
    refund_of text,
    reason text,
    constraint refunds_pkey PRIMARY KEY (refund_id),
    constraint refunds_source_shop_refund_id_line_no_part_key UNIQUE (source, shop_refund_id, line_no, part),
    constraint refunds_quantity_check CHECK ((quantity > 0)),
    constraint refunds_reason_check CHECK ((reason <> ''::text)),
    constraint refunds_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(customer_id),
    constraint refunds_order_id_order_line_no_fkey FOREIGN KEY (order_id, order_line_no) REFERENCES order_lines(order_id, line_no),
    constraint refunds_product_id_fkey FOREIGN KEY (product_id) REFERENCES products(product_id)
);
CREATE INDEX refunds_customer ON public.refunds USING btree (customer_id, product_id);
CREATE INDEX refunds_named ON public.refunds USING btree (source, refund_of) WHERE (refund_of IS NOT NULL);
CREATE INDEX refunds_order ON public.refunds USING btree (order_id, refunded_at) WHERE (order_id IS NOT NULL);
comment on column refunds.order_id is 'null: no earlier line had a unit left to give back';
comment on column refunds.part is 'one written refund line may take units from several order lines';
comment on column refunds.refund_of is 'the shop''s id of the order that the refund named; null: matched to the customer''s latest lines';

create table events (
    event_id bigint not null generated by default as identity,
    source text not null,
    source_event_id text not null,
    name text not null,
    customer_id bigint,
    at timestamp with time zone not null,
    props jsonb not null default '{}'::jsonb,
    recorded_at timestamp with time zone not null default now(),
    constraint events_pkey PRIMARY KEY (event_id),
    constraint events_source_source_event_id_key UNIQUE (source, source_event_id),
    constraint events_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(customer_id)
);
CREATE INDEX events_customer ON public.events USING btree (customer_id, name, at);

create table consents (
    consent_id bigint not null generated by default as identity,
    customer_id bigint not null,
    channel text not null,
    purpose text not null default 'marketing'::text,
    granted boolean not null,
    at timestamp with time zone not null,
    source text not null,
    recorded_at timestamp with time zone not null default now(),
    constraint consents_pkey PRIMARY KEY (consent_id),
    constraint consents_customer_id_channel_purpose_at_granted_key UNIQUE (customer_id, channel, purpose, at, granted),
    constraint consents_purpose_check CHECK ((purpose = ANY (ARRAY['marketing'::text, 'service'::text]))),
    constraint consents_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(customer_id)
);
CREATE INDEX consents_newest ON public.consents USING btree (customer_id, channel, purpose, at DESC, granted);
comment on table consents is 'the newest row at an instant counts; of two at the same instant the no';
comment on column consents.source is 'where it came from: import, unsubscribe:<delivery>, assumed:<why>';

create table suppressions (
    channel text not null,
    address_hash bytea not null,
    reason text not null,
    at timestamp with time zone not null,
    recorded_at timestamp with time zone not null default now(),
    constraint suppressions_pkey PRIMARY KEY (channel, address_hash),
    constraint suppressions_reason_check CHECK ((reason = ANY (ARRAY['bounced'::text, 'complained'::text, 'erased'::text, 'manual'::text])))
);
comment on table suppressions is 'by hash of the address, so that a ban outlives the erasure of the customer and a second account';

create table campaigns (
    campaign_id integer not null generated always as identity,
    name text not null,
    status text not null default 'running'::text,
    status_reason text,
    status_at timestamp with time zone not null default now(),
    version_id integer,
    design integer not null default 1,
    activated_at timestamp with time zone not null,
    entry_until timestamp with time zone,
    slot_done timestamp with time zone not null,
    slot_open timestamp with time zone,
    slot_cursor bigint not null default 0,
    applied_at timestamp with time zone not null default now(),
    priority integer not null default 50,
    exclusion_group text,
    constraint campaigns_pkey PRIMARY KEY (campaign_id),
    constraint campaigns_name_key UNIQUE (name),
    constraint campaigns_name_check CHECK ((name ~ '^[a-z0-9][a-z0-9-]{0,59}$'::text)),
    constraint campaigns_priority_check CHECK (((priority >= 0) AND (priority <= 100))),
    constraint campaigns_status_check CHECK ((status = ANY (ARRAY['running'::text, 'paused'::text, 'cancelled'::text]))),
    constraint campaigns_version_id_fkey FOREIGN KEY (version_id) REFERENCES campaign_versions(version_id)
);
CREATE INDEX campaigns_group ON public.campaigns USING btree (exclusion_group) WHERE (exclusion_group IS NOT NULL);
CREATE INDEX campaigns_priority ON public.campaigns USING btree (priority) WHERE (status = 'running'::text);
comment on column campaigns.activated_at is 'business time of the first apply: orders placed before it trigger nothing';
comment on column campaigns.entry_until is 'entry is open before this instant; null: no end';
comment on column campaigns.exclusion_group is 'a customer is in one campaign of a group at a time; null: no group';
comment on column campaigns.slot_done is 'business time up to which entry slots have been opened';
comment on column campaigns.slot_open is 'a slot whose customers have been gone through up to slot_cursor, so that a crash in mid-slot goes on';

create table campaign_versions (
    version_id integer not null generated always as identity,
    campaign_id integer not null,
    hash text not null,
    design integer not null,
    definition jsonb not null,
    files jsonb not null,
    applied_at timestamp with time zone not null default now(),
    constraint campaign_versions_pkey PRIMARY KEY (version_id),
    constraint campaign_versions_campaign_id_hash_key UNIQUE (campaign_id, hash),
    constraint campaign_versions_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaigns(campaign_id)
);
CREATE TRIGGER campaign_versions_stay BEFORE DELETE OR UPDATE OF version_id, campaign_id ON public.campaign_versions FOR EACH ROW EXECUTE FUNCTION refuse_version_change();
comment on table campaign_versions is 'immutable: every delivery names the version that it was planned from';

create table campaign_designs (
    campaign_id integer not null,
    design integer not null,
    design_hash text not null,
    holdout_ppb bigint not null,
    version_id integer not null,
    started_at timestamp with time zone not null,
    auto boolean not null default false,
    skips jsonb not null default '{}'::jsonb,
    global_ppb bigint not null default 0,
    epoch text not null default ''::text,
    caps jsonb not null default '[]'::jsonb,
    scores_id integer,
    constraint campaign_designs_pkey PRIMARY KEY (campaign_id, design),
    constraint campaign_designs_caps_check CHECK ((jsonb_typeof(caps) = 'array'::text)),
    constraint campaign_designs_design_check CHECK ((design >= 1)),
    constraint campaign_designs_global_ppb_check CHECK (((global_ppb >= 0) AND (global_ppb <= 1000000000))),
    constraint campaign_designs_holdout_ppb_check CHECK (((holdout_ppb >= 0) AND (holdout_ppb <= 1000000000))),
    constraint global_has_an_epoch CHECK (((global_ppb = 0) = (epoch = ''::text))),
    constraint campaign_designs_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaigns(campaign_id),
    constraint campaign_designs_scores_id_fkey FOREIGN KEY (scores_id) REFERENCES scores(scores_id),
    constraint campaign_designs_version_id_fkey FOREIGN KEY (version_id) REFERENCES campaign_versions(version_id)
);
CREATE TRIGGER campaign_designs_stay BEFORE DELETE OR UPDATE OF campaign_id, design ON public.campaign_designs FOR EACH ROW EXECUTE FUNCTION refuse_leaving();
CREATE TRIGGER campaign_designs_stay_all BEFORE TRUNCATE ON public.campaign_designs FOR EACH STATEMENT EXECUTE FUNCTION refuse_leaving();
comment on column campaign_designs.auto is 'holdout_ppb was chosen at the first apply and not written; it stays for the life of the design';
comment on column campaign_designs.caps is 'by window: quantiles of what the shop''s customers spent in a window of that length before the design began; empty: too little history';
comment on column campaign_designs.global_ppb is 'share and epoch of the global holdout as they stood when the design began';
comment on column campaign_designs.holdout_ppb is 'planned share of the holdout in parts per billion, frozen';
comment on column campaign_designs.scores_id is 'what the rule of the design predicts by, the newest accepted when it began; null: it predicts nothing, or there was none, and what it predicts is unknown';
comment on column campaign_designs.skips is 'share of each wave''s skip in parts per billion by the wave''s name, defaults resolved; a wave that is not there skips nobody';

create table inbox (
    campaign_id integer not null,
    order_id bigint not null,
    customer_id bigint not null,
    placed_at timestamp with time zone not null,
    constraint inbox_pkey PRIMARY KEY (campaign_id, order_id),
    constraint inbox_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaigns(campaign_id),
    constraint inbox_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(customer_id),
    constraint inbox_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(order_id)
);
CREATE INDEX inbox_due ON public.inbox USING btree (placed_at);

create table entry_counts (
    campaign_id integer not null,
    design integer not null,
    slot timestamp with time zone not null,
    reason text not null,
    customers bigint not null,
    constraint entry_counts_pkey PRIMARY KEY (campaign_id, design, slot, reason),
    constraint entry_counts_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaigns(campaign_id)
);
comment on table entry_counts is 'how a slot (or a day of triggered entries) went: enrolled, or the first reason why not';

create table coupon_pools (
    pool text not null,
    says text,
    recorded_at timestamp with time zone not null default now(),
    kind text not null,
    currency text,
    value_minor bigint,
    percent_ppb bigint,
    at_most_minor bigint,
    min_spend_minor bigint,
    valid_from timestamp with time zone,
    valid_until timestamp with time zone,
    per_customer integer not null default 1,
    constraint coupon_pools_pkey PRIMARY KEY (pool),
    constraint amounts_have_a_value CHECK (((kind <> 'amount'::text) OR (COALESCE(value_minor, (0)::bigint) > 0))),
    constraint coupon_pools_at_most_minor_check CHECK ((at_most_minor > 0)),
    constraint coupon_pools_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    constraint coupon_pools_kind_check CHECK ((kind = ANY (ARRAY['amount'::text, 'percent'::text, 'free_shipping'::text, 'gift'::text]))),
    constraint coupon_pools_min_spend_minor_check CHECK ((min_spend_minor > 0)),
    constraint coupon_pools_per_customer_check CHECK ((per_customer >= 1)),
    constraint coupon_pools_percent_ppb_check CHECK (((percent_ppb >= 1) AND (percent_ppb <= 1000000000))),
    constraint coupon_pools_pool_check CHECK ((pool ~ '^[a-z0-9][a-z0-9-]{0,59}$'::text)),
    constraint coupon_pools_value_minor_check CHECK ((value_minor >= 0)),
    constraint money_has_a_currency CHECK (((currency IS NOT NULL) OR (num_nonnulls(value_minor, at_most_minor, min_spend_minor) = 0))),
    constraint only_percents_are_capped CHECK (((kind = 'percent'::text) OR (at_most_minor IS NULL))),
    constraint percents_have_a_share CHECK ((((kind = 'percent'::text) = (percent_ppb IS NOT NULL)) AND ((kind <> 'percent'::text) OR (value_minor IS NULL)))),
    constraint valid_for_some_time CHECK ((valid_from < valid_until))
);
comment on column coupon_pools.at_most_minor is 'a percentage takes no more than this off an order; null: no bound';
comment on column coupon_pools.per_customer is 'codes of this pool that one customer may ever be given';
comment on column coupon_pools.valid_until is 'codes may be bound and used before this instant; null: no end';
comment on column coupon_pools.value_minor is 'amount: what comes off the order; free_shipping and gift: what one costs the shop, null where nobody said';

create table enrollments (
    customer_id bigint not null,
    entered_at timestamp with time zone not null,
    enrollment_id bigint not null generated always as identity,
    campaign_id integer not null,
    design integer not null,
    version_id integer not null,
    entry integer not null,
    arm text not null,
    layer text not null,
    u double precision not null,
    holdout_ppb bigint not null,
    assigned_id text not null,
    trigger_order_id bigint,
    zone text not null,
    rounds_begun integer not null default 1,
    next_round_at timestamp with time zone,
    recorded_at timestamp with time zone not null default now(),
    stratum text,
    trigger_event_id bigint,
    texts jsonb,
    constraint enrollments_pkey PRIMARY KEY (customer_id, entered_at, enrollment_id),
    constraint enrollments_campaign_id_customer_id_entered_at_key UNIQUE (campaign_id, customer_id, entered_at),
    constraint enrollments_arm_check CHECK ((arm = ANY (ARRAY['treat'::text, 'hold'::text, 'global_hold'::text]))),
    constraint enrollments_entry_check CHECK ((entry >= 1)),
    constraint enrollments_rounds_begun_check CHECK ((rounds_begun >= 1)),
    constraint enrollments_u_check CHECK (((u >= (0)::double precision) AND (u < (1)::double precision))),
    constraint enrollments_trigger_event_id_fkey FOREIGN KEY (trigger_event_id) REFERENCES events(event_id),
    constraint enrollments_trigger_order_id_fkey FOREIGN KEY (trigger_order_id) REFERENCES orders(order_id)
);
CREATE INDEX enrollments_design ON public.enrollments USING btree (design, campaign_id, entered_at);
CREATE INDEX enrollments_next_round ON public.enrollments USING btree (next_round_at) WHERE (next_round_at IS NOT NULL);
CREATE TRIGGER enrollments_of_a_version AFTER INSERT ON public.enrollments REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION require_version();
CREATE TRIGGER enrollments_of_somebody AFTER INSERT ON public.enrollments REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION require_entrant();
CREATE TRIGGER enrollments_stay BEFORE DELETE OR UPDATE OF customer_id, entered_at, enrollment_id, campaign_id, design ON public.enrollments FOR EACH ROW EXECUTE FUNCTION refuse_leaving();
CREATE TRIGGER enrollments_stay_all BEFORE TRUNCATE ON public.enrollments FOR EACH STATEMENT EXECUTE FUNCTION refuse_leaving();
comment on column enrollments.assigned_id is 'the shop''s id that was hashed; with layer it recomputes u, and the stored arm wins for ever';
comment on column enrollments.entered_at is 'the instant of entry in business time: the trigger order, or the slot. Immutable';
comment on column enrollments.holdout_ppb is 'the share that decided: the campaign''s, on the arm global_hold the global one';
comment on column enrollments.stratum is 'read at entry and never again; null: the campaign has none';
comment on column enrollments.texts is 'what evaluation.by named, as it was at entry; null, or without a name: it was not asked for, or not known';

create table rounds (
    customer_id bigint not null,
    entered_at timestamp with time zone not null,
    enrollment_id bigint not null,
    round integer not null,
    started_at timestamp with time zone not null,
    constraint rounds_pkey PRIMARY KEY (customer_id, entered_at, enrollment_id, round),
    constraint rounds_round_check CHECK ((round >= 1))
);
CREATE TRIGGER rounds_of_an_enrollment AFTER INSERT ON public.rounds REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION require_enrollment();
CREATE TRIGGER rounds_stay BEFORE DELETE OR UPDATE OF customer_id, entered_at, enrollment_id, round ON public.rounds FOR EACH ROW EXECUTE FUNCTION refuse_leaving();
CREATE TRIGGER rounds_stay_all BEFORE TRUNCATE ON public.rounds FOR EACH STATEMENT EXECUTE FUNCTION refuse_leaving();
comment on table rounds is 'one row for every enrollment when the round begins, exited or not, both arms: the denominator';

create table deliveries (
    customer_id bigint not null,
    entered_at timestamp with time zone not null,
    enrollment_id bigint not null,
    round integer not null,
    wave text not null,
    delivery_id bigint not null generated always as identity,
    campaign_id integer not null,
    version_id integer not null,
    arm text not null,
    channel text not null,
    state text not null default 'planned'::text,
    reason text,
    scheduled_at timestamp with time zone not null,
    due_at timestamp with time zone,
    expires_at timestamp with time zone not null,
    epoch integer not null default 0,
    returned integer not null default 0,
    gate_at timestamp with time zone,
    claimed_at timestamp with time zone,
    provider text,
    provider_id text,
    settled_at timestamp with time zone,
    delivered_at timestamp with time zone,
    bounced_at timestamp with time zone,
    complained_at timestamp with time zone,
    variant text,
    skip boolean not null default false,
    uncapped boolean not null default false,
    cost_micros bigint,
    untaken integer not null default 0,
    body bytea,
    lost_to jsonb,
    zone text,
    stratum text,
    trigger_order_id bigint,
    constraint deliveries_pkey PRIMARY KEY (customer_id, entered_at, enrollment_id, round, wave),
    constraint deliveries_arm_check CHECK ((arm = ANY (ARRAY['treat'::text, 'hold'::text, 'global_hold'::text]))),
    constraint deliveries_state_check CHECK (((state = 'accepted'::text) OR (state = 'sending'::text) OR (state = ANY (ARRAY['planned'::text, 'failed'::text, 'unknown'::text, 'unknown_final'::text, 'withheld'::text, 'suppressed'::text, 'cancelled'::text, 'expired'::text, 'dead'::text, 'quarantine'::text])))),
    constraint due_while_planned CHECK (((due_at IS NOT NULL) = (state = 'planned'::text))),
    constraint gated_before_sent CHECK (((gate_at IS NOT NULL) OR (state <> ALL (ARRAY['sending'::text, 'accepted'::text, 'unknown'::text, 'unknown_final'::text, 'withheld'::text])))),
    constraint only_treated_are_sent CHECK (((arm = 'treat'::text) OR (state <> ALL (ARRAY['sending'::text, 'accepted'::text, 'failed'::text, 'unknown'::text, 'unknown_final'::text, 'quarantine'::text])))),
    constraint planned_has_a_zone CHECK (((zone IS NOT NULL) OR (due_at IS NULL))),
    constraint refusals_have_a_reason CHECK (((state = 'accepted'::text) OR (state = 'sending'::text) OR (reason IS NOT NULL) OR (state = ANY (ARRAY['planned'::text, 'unknown'::text, 'withheld'::text])))),
    constraint sending_was_claimed CHECK (((state <> 'sending'::text) OR ((claimed_at IS NOT NULL) AND (epoch > 0)))),
    constraint skipped_are_not_sent CHECK (((NOT skip) OR (state <> ALL (ARRAY['sending'::text, 'accepted'::text, 'failed'::text, 'unknown'::text, 'unknown_final'::text, 'quarantine'::text]))))
) with (fillfactor=30);
CREATE UNIQUE INDEX deliveries_id ON public.deliveries USING btree (delivery_id, customer_id, entered_at);
CREATE TRIGGER deliveries_are_due AFTER INSERT ON public.deliveries REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION note_planned();
CREATE TRIGGER deliveries_are_due_then AFTER UPDATE OF due_at, expires_at, channel ON public.deliveries FOR EACH ROW WHEN ((((old.due_at IS DISTINCT FROM new.due_at) OR ((old.expires_at IS DISTINCT FROM new.expires_at) OR (old.channel IS DISTINCT FROM new.channel))) AND (COALESCE(old.due_at, new.due_at) IS NOT NULL) AND (new.state <> ALL (ARRAY['sending'::text, 'withheld'::text, 'suppressed'::text])))) EXECUTE FUNCTION note_due();
CREATE TRIGGER deliveries_begin_planned BEFORE INSERT ON public.deliveries FOR EACH ROW WHEN ((new.state <> 'planned'::text)) EXECUTE FUNCTION refuse_delivery_change();
CREATE TRIGGER deliveries_doubted AFTER UPDATE OF state ON public.deliveries FOR EACH ROW WHEN (((old.state = 'sending'::text) AND (new.state = ANY (ARRAY['unknown'::text, 'quarantine'::text])))) EXECUTE FUNCTION note_doubt();
CREATE TRIGGER deliveries_immutable AFTER UPDATE OF customer_id, entered_at, enrollment_id, round, wave, campaign_id, version_id, arm, variant, skip, uncapped, scheduled_at, zone, stratum, trigger_order_id ON public.deliveries FOR EACH ROW WHEN (((old.customer_id IS DISTINCT FROM new.customer_id) OR (old.entered_at IS DISTINCT FROM new.entered_at) OR (old.enrollment_id IS DISTINCT FROM new.enrollment_id) OR (old.round IS DISTINCT FROM new.round) OR (old.wave IS DISTINCT FROM new.wave) OR (old.campaign_id IS DISTINCT FROM new.campaign_id) OR (old.version_id IS DISTINCT FROM new.version_id) OR (old.arm IS DISTINCT FROM new.arm) OR (old.skip IS DISTINCT FROM new.skip) OR (old.uncapped IS DISTINCT FROM new.uncapped) OR (old.scheduled_at IS DISTINCT FROM new.scheduled_at) OR (old.variant IS DISTINCT FROM new.variant) OR (old.zone IS DISTINCT FROM new.zone) OR (old.stratum IS DISTINCT FROM new.stratum) OR (old.trigger_order_id IS DISTINCT FROM new.trigger_order_id))) EXECUTE FUNCTION refuse_delivery_change();
CREATE TRIGGER deliveries_of_a_round AFTER INSERT ON public.deliveries REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION require_round();
CREATE TRIGGER deliveries_of_a_version AFTER INSERT ON public.deliveries REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION require_version();
CREATE TRIGGER deliveries_stay BEFORE DELETE ON public.deliveries FOR EACH ROW EXECUTE FUNCTION refuse_delivery_change();
CREATE TRIGGER deliveries_stay_all BEFORE TRUNCATE ON public.deliveries FOR EACH STATEMENT EXECUTE FUNCTION refuse_leaving();
CREATE TRIGGER deliveries_transition AFTER UPDATE OF state ON public.deliveries FOR EACH ROW WHEN (((old.state <> new.state) AND (NOT (((old.state = 'planned'::text) AND (new.state = 'sending'::text)) OR ((old.state = 'sending'::text) AND (new.state = 'accepted'::text)))) AND (((old.state || '>'::text) || new.state) <> ALL (ARRAY['planned>withheld'::text, 'planned>suppressed'::text, 'planned>cancelled'::text, 'planned>expired'::text, 'planned>dead'::text, 'planned>quarantine'::text, 'sending>failed'::text, 'sending>unknown'::text, 'sending>planned'::text, 'sending>quarantine'::text, 'unknown>accepted'::text, 'unknown>failed'::text, 'unknown>unknown_final'::text, 'unknown>dead'::text, 'unknown_final>accepted'::text, 'unknown_final>failed'::text, 'unknown_final>planned'::text, 'unknown_final>dead'::text, 'quarantine>planned'::text, 'quarantine>unknown'::text, 'dead>planned'::text, 'dead>quarantine'::text])))) EXECUTE FUNCTION refuse_delivery_change();
CREATE TRIGGER deliveries_transition_by_act AFTER UPDATE OF state ON public.deliveries FOR EACH ROW WHEN ((((old.state = ANY (ARRAY['dead'::text, 'unknown_final'::text])) AND (new.state = 'planned'::text)) OR ((old.state = ANY (ARRAY['unknown'::text, 'unknown_final'::text])) AND (new.state = 'dead'::text)) OR ((old.state = ANY (ARRAY['unknown'::text, 'unknown_final'::text])) AND (new.state = ANY (ARRAY['accepted'::text, 'failed'::text])) AND (new.provider IS NULL)))) EXECUTE FUNCTION require_act();
comment on column deliveries.arm is 'the delivery''s own: the enrollment''s on promotion waves, treat on service waves';
comment on column deliveries.body is 'hash of what the newest gate let out, address and all but the code; null where the provider takes no key once';
comment on column deliveries.claimed_at is 'the same moment in lease time: what was recorded later was not known to the gate';
comment on column deliveries.cost_micros is 'what the message costs in millionths of the main unit, as of its gate; a ghost''s would have. Null: never let through';
comment on column deliveries.due_at is 'when the gate may be asked next: scheduled_at, later after a hold; null once it is not planned any more';
comment on column deliveries.epoch is 'how often a gate let it pass; only the worker of the newest may write an outcome';
comment on column deliveries.gate_at is 'business time of the gate that let it pass, or withheld the ghost';
comment on column deliveries.lost_to is 'what it lost to at the gate, where its reason is capped, outranked or cool_down, or held after that; null: nothing, or it was decided before this was kept';
comment on column deliveries.returned is 'how often a call was surely not taken, which is what a second pass needs';
comment on column deliveries.scheduled_at is 'the instant the wave answers for; evaluation reads this one, never what was sent';
comment on column deliveries.skip is 'a treated customer''s ghost: drawn for this wave and round, ends withheld';
comment on column deliveries.uncapped is 'a service message that asks for no cap, and counts against none';
comment on column deliveries.untaken is 'how often the provider did not take it and named no time to come back, while it took others';
comment on column deliveries.zone is 'the enrollment''s, as are the stratum and the order that brought the customer in; null: settled before they stood here';

create table claims (
    claim_id bigint not null generated always as identity,
    kind text not null,
    attend_at timestamp with time zone not null,
    delivery_ids bigint[] not null,
    epochs integer[] not null,
    ask_at timestamp with time zone,
    asked integer not null default 0,
    constraint claims_pkey PRIMARY KEY (claim_id),
    constraint claims_check CHECK ((cardinality(epochs) = cardinality(delivery_ids))),
    constraint claims_kind_check CHECK ((kind = ANY (ARRAY['lease'::text, 'doubt'::text])))
) with (toast_tuple_target=8160);
CREATE INDEX claims_ask ON public.claims USING btree (ask_at) WHERE (ask_at IS NOT NULL);
CREATE INDEX claims_attend ON public.claims USING btree (attend_at);
comment on column claims.ask_at is 'when the provider is asked next about a doubt; null: of a lease';

create table dispatch (
    only_one boolean not null default true,
    due_at timestamp with time zone not null default '-infinity'::timestamp with time zone,
    delivery_id bigint not null default 0,
    round_at timestamp with time zone not null default '-infinity'::timestamp with time zone,
    constraint dispatch_pkey PRIMARY KEY (only_one),
    constraint dispatch_only_one_check CHECK (only_one)
);

create table coupons (
    pool text not null,
    code text not null,
    customer_id bigint,
    entered_at timestamp with time zone,
    enrollment_id bigint,
    round integer,
    wave text,
    bound_at timestamp with time zone,
    added_at timestamp with time zone not null default now(),
    burnt_at timestamp with time zone,
    expires_at timestamp with time zone,
    redeemed_order_id bigint,
    redeemed_at timestamp with time zone,
    redeemed_minor bigint,
    constraint coupons_pkey PRIMARY KEY (code),
    constraint coupons_customer_id_entered_at_enrollment_id_round_wave_key UNIQUE (customer_id, entered_at, enrollment_id, round, wave),
    constraint burnt_codes_are_never_bound CHECK (((burnt_at IS NULL) OR (bound_at IS NULL))),
    constraint coupons_check CHECK ((num_nulls(customer_id, entered_at, enrollment_id, round, wave, bound_at) = ANY (ARRAY[0, 6]))),
    constraint coupons_redeemed_minor_check CHECK ((redeemed_minor >= 0)),
    constraint expires_after_it_was_bound CHECK ((expires_at > bound_at)),
    constraint only_bound_codes_are_redeemed CHECK (((bound_at IS NOT NULL) OR (redeemed_order_id IS NULL))),
    constraint only_bound_codes_expire CHECK (((bound_at IS NOT NULL) OR (expires_at IS NULL))),
    constraint redeemed_by_an_order CHECK ((((redeemed_order_id IS NULL) = (redeemed_at IS NULL)) AND ((redeemed_order_id IS NOT NULL) OR (redeemed_minor IS NULL)))),
    constraint coupons_pool_fkey FOREIGN KEY (pool) REFERENCES coupon_pools(pool),
    constraint coupons_redeemed_order_id_fkey FOREIGN KEY (redeemed_order_id) REFERENCES orders(order_id)
) with (autovacuum_vacuum_scale_factor=0.01, autovacuum_vacuum_threshold=1000);
CREATE INDEX coupons_free ON public.coupons USING btree (pool, code) WHERE ((bound_at IS NULL) AND (burnt_at IS NULL));
CREATE INDEX coupons_redeemed ON public.coupons USING btree (redeemed_order_id) WHERE (redeemed_order_id IS NOT NULL);
CREATE TRIGGER coupons_begin BEFORE INSERT ON public.coupons FOR EACH ROW WHEN (((new.code !~ '^[A-Z0-9]{4,40}$'::text) OR (new.bound_at IS NOT NULL))) EXECUTE FUNCTION refuse_code();
CREATE TRIGGER coupons_code BEFORE UPDATE OF code ON public.coupons FOR EACH ROW WHEN ((new.code !~ '^[A-Z0-9]{4,40}$'::text)) EXECUTE FUNCTION refuse_code();
CREATE TRIGGER coupons_of_a_delivery AFTER UPDATE ON public.coupons REFERENCING OLD TABLE AS stale NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION note_bound();
comment on column coupons.bound_at is 'business time of the gate that gave it to this delivery; a bound code is never free again';
comment on column coupons.burnt_at is 'an order named it while it was free: it got out, and nobody is given it';
comment on column coupons.expires_at is 'it counts for orders before this instant; null: no end';
comment on column coupons.redeemed_at is 'when that order was placed';
comment on column coupons.redeemed_minor is 'what it took off that order, or cost; null where the pool does not say or the currency is another';

create table statistics (
    campaign_id integer not null,
    design integer not null,
    point text not null,
    round integer not null,
    arm text not null,
    as_of timestamp with time zone not null,
    enrollments bigint not null,
    matured bigint not null,
    final bigint not null,
    buyers bigint not null,
    orders bigint not null,
    revenue_minor bigint not null,
    recorded_at timestamp with time zone not null default now(),
    constraint statistics_pkey PRIMARY KEY (campaign_id, design, point, round, arm, as_of),
    constraint statistics_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaigns(campaign_id)
);

create table import_jobs (
    job_id bigint not null generated always as identity,
    file_sha256 bytea not null,
    kind text not null,
    preset text not null,
    settings text not null,
    file_name text not null,
    status text not null,
    staged_to integer not null default 0,
    staged_rows bigint not null default 0,
    started_at timestamp with time zone not null default now(),
    finished_at timestamp with time zone,
    constraint import_jobs_pkey PRIMARY KEY (job_id),
    constraint import_jobs_file_sha256_kind_preset_settings_key UNIQUE (file_sha256, kind, preset, settings),
    constraint import_jobs_file_sha256_check CHECK ((octet_length(file_sha256) = 32)),
    constraint import_jobs_status_check CHECK ((status = ANY (ARRAY['staging'::text, 'merged'::text, 'abandoned'::text])))
);
CREATE UNIQUE INDEX import_jobs_staging ON public.import_jobs USING btree (status) WHERE (status = 'staging'::text);
comment on column import_jobs.settings is 'fingerprint of what else decides how the bytes are read: zone, currency, encoding, map';
comment on column import_jobs.staged_to is 'line of the file up to which rows are staged; advances in the transaction of the rows';

create unlogged table import_customers (
    seq integer not null,
    line integer not null,
    shop_id text not null,
    email text,
    email_assumed boolean not null,
    phone text,
    first_name text,
    last_name text,
    locale text,
    region text,
    zone text,
    seen_at timestamp with time zone,
    region_at timestamp with time zone,
    consent_email boolean,
    consent_sms boolean,
    consent_at timestamp with time zone,
    last boolean not null default true,
    customer_id bigint,
    is_new boolean not null default false,
    attributes jsonb,
    tags text[],
    changed_at timestamp with time zone
);
comment on column import_customers.attributes is 'name: [kind, value as text]';
comment on column import_customers.changed_at is 'from when on attributes and tags hold; null: since the import';
comment on column import_customers.last is 'false: a later line of the file speaks of the same customer';

create unlogged table import_products (
    seq integer not null,
    line integer not null,
    sku text not null,
    name text,
    category text,
    price_minor bigint,
    cost_minor bigint,
    last boolean not null default true,
    product_id bigint,
    is_new boolean not null default false,
    role text
);

create unlogged table import_orders (
    seq integer not null,
    shop_order_id text not null,
    customer_seq integer,
    placed_at timestamp with time zone not null,
    currency text not null,
    gross_minor bigint not null,
    order_id bigint,
    is_new boolean not null default false,
    changed boolean not null default false,
    gained boolean not null default false,
    had_customer_id bigint,
    status text,
    entry_path text,
    promised_at timestamp with time zone,
    delivered_at timestamp with time zone,
    discount_minor bigint,
    coupon_code text,
    retold boolean not null default false
);
comment on column import_orders.had_customer_id is 'whose order it was, where the file gives it to somebody else';
comment on column import_orders.retold is 'only what is told of a known order differs: its refunds need not be matched again';

create unlogged table import_refunds (
    seq integer not null,
    shop_refund_id text not null,
    line_no integer not null,
    customer_seq integer,
    product_seq integer not null,
    refund_of text,
    refunded_at timestamp with time zone not null,
    quantity integer not null,
    amount_minor bigint not null,
    customer_id bigint,
    product_id bigint,
    of_order_id bigint,
    state text not null default 'new'::text,
    reason text,
    constraint import_refunds_state_check CHECK ((state = ANY (ARRAY['new'::text, 'changed'::text, 'same'::text])))
);

create unlogged table import_groups (
    group_no integer not null generated always as identity,
    customer_id bigint,
    order_id bigint,
    product_id bigint not null,
    constraint import_groups_check CHECK ((num_nulls(customer_id, order_id) = 1))
);

create unlogged table import_parts (
    source text not null,
    shop_refund_id text not null,
    line_no integer not null,
    part integer not null,
    order_id bigint,
    order_line_no integer,
    customer_id bigint,
    product_id bigint not null,
    refunded_at timestamp with time zone not null,
    quantity integer not null,
    amount_minor bigint not null,
    refund_of text,
    reason text
);

create table merges (
    began timestamp with time zone not null default now(),
    ended timestamp with time zone not null default clock_timestamp(),
    constraint merges_pkey PRIMARY KEY (began)
);

create unlogged table import_chunks (
    staged_to integer not null,
    rows integer not null,
    lines bytea not null,
    constraint import_chunks_pkey PRIMARY KEY (staged_to)
);
comment on column import_chunks.lines is 'packed order lines; internal/postgres/import_lines.go says how';
comment on column import_chunks.staged_to is 'line of the file up to which its rows are staged';

create unlogged table import_lines (
    order_id bigint not null,
    line_no integer not null,
    product_id bigint not null,
    quantity integer not null,
    unit_price numeric(16,4) not null,
    amount_minor bigint not null
);

create table customer_attributes (
    customer_id bigint not null,
    name text not null,
    at timestamp with time zone not null,
    kind text not null,
    text_value text,
    number_value double precision,
    date_value date,
    truth_value boolean,
    source text not null,
    recorded_at timestamp with time zone not null default now(),
    constraint customer_attributes_pkey PRIMARY KEY (customer_id, name, at),
    constraint customer_attributes_kind_check CHECK ((kind = ANY (ARRAY['text'::text, 'number'::text, 'date'::text, 'truth'::text]))),
    constraint customer_attributes_name_check CHECK ((name <> ''::text)),
    constraint customer_attributes_number_value_check CHECK ((number_value <> ALL (ARRAY['NaN'::double precision, 'Infinity'::double precision, '-Infinity'::double precision]))),
    constraint customer_attributes_value CHECK (((num_nonnulls(text_value, number_value, date_value, truth_value) = 1) AND
CASE kind
    WHEN 'text'::text THEN (text_value IS NOT NULL)
    WHEN 'number'::text THEN (number_value IS NOT NULL)
    WHEN 'date'::text THEN (date_value IS NOT NULL)
    ELSE (truth_value IS NOT NULL)
END)),
    constraint customer_attributes_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(customer_id)
);
CREATE INDEX customer_attributes_day ON public.customer_attributes USING btree (name, EXTRACT(month FROM date_value), EXTRACT(day FROM date_value), customer_id) WHERE (kind = 'date'::text);
comment on column customer_attributes.at is 'from when on the value holds, until the next row of the same name';

create table customer_tags (
    customer_id bigint not null,
    at timestamp with time zone not null,
    tags text[] not null,
    source text not null,
    recorded_at timestamp with time zone not null default now(),
    constraint customer_tags_pkey PRIMARY KEY (customer_id, at),
    constraint customer_tags_tags_check CHECK (((array_position(tags, NULL::text) IS NULL) AND (''::text <> ALL (tags)))),
    constraint customer_tags_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(customer_id)
);
comment on column customer_tags.tags is 'all of the customer''s tags from at on, sorted; none takes them away';

create table holds (
    customer_id bigint not null,
    kind text not null,
    opened_at timestamp with time zone not null,
    ref text not null default ''::text,
    closed_at timestamp with time zone,
    recorded_at timestamp with time zone not null default now(),
    constraint holds_pkey PRIMARY KEY (customer_id, kind, opened_at, ref),
    constraint holds_check CHECK ((closed_at > opened_at)),
    constraint holds_kind_check CHECK ((kind = ANY (ARRAY['complaint_open'::text, 'dispute'::text]))),
    constraint holds_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(customer_id)
);
comment on table holds is 'folded from events, per customer as a whole; a hold is on at t iff opened_at <= t < closed_at, null being never';

create table feeds (
    name text not null,
    complete_until timestamp with time zone not null,
    recorded_at timestamp with time zone not null default now(),
    constraint feeds_pkey PRIMARY KEY (name),
    constraint feeds_name_check CHECK ((name = ANY (ARRAY['orders'::text, 'events'::text])))
);
comment on column feeds.complete_until is 'the source said that it has told everything before this instant; it never goes back';

create table event_inbox (
    campaign_id integer not null,
    event_id bigint not null,
    customer_id bigint not null,
    at timestamp with time zone not null,
    constraint event_inbox_pkey PRIMARY KEY (campaign_id, event_id),
    constraint event_inbox_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaigns(campaign_id),
    constraint event_inbox_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(customer_id),
    constraint event_inbox_event_id_fkey FOREIGN KEY (event_id) REFERENCES events(event_id)
);
CREATE INDEX event_inbox_due ON public.event_inbox USING btree (at);

create unlogged table import_events (
    line integer not null,
    source_event_id text not null,
    name text not null,
    shop_id text not null,
    at timestamp with time zone not null,
    props jsonb not null
);

create unlogged table import_suppressions (
    line integer not null,
    channel text not null,
    address_hash bytea not null,
    reason text not null,
    at timestamp with time zone
);
comment on column import_suppressions.at is 'null: not said';

create table order_coupons (
    order_id bigint not null,
    code text not null,
    recorded_at timestamp with time zone not null default now(),
    constraint order_coupons_pkey PRIMARY KEY (order_id, code),
    constraint order_coupons_code_check CHECK ((code <> ''::text)),
    constraint order_coupons_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(order_id)
);
CREATE INDEX order_coupons_code ON public.order_coupons USING btree (code);

create table coupon_leaks (
    code text not null,
    order_id bigint not null,
    why text not null,
    recorded_at timestamp with time zone not null default now(),
    constraint coupon_leaks_pkey PRIMARY KEY (code, order_id),
    constraint coupon_leaks_why_check CHECK ((why = ANY (ARRAY['free'::text, 'guest'::text, 'other_customer'::text, 'early'::text, 'expired'::text, 'again'::text]))),
    constraint coupon_leaks_code_fkey FOREIGN KEY (code) REFERENCES coupons(code),
    constraint coupon_leaks_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(order_id)
);
CREATE INDEX coupon_leaks_order ON public.coupon_leaks USING btree (order_id);
comment on column coupon_leaks.why is 'free: nobody had been given it; guest: an order without a customer; again: an earlier order used it up';

create table campaign_limits (
    campaign_id integer not null,
    budget_micros bigint,
    per_minute integer,
    spent_micros bigint not null,
    passed_at timestamp with time zone[] not null default '{}'::timestamp with time zone[],
    passed integer[] not null default '{}'::integer[],
    day_budget_micros bigint,
    day_from timestamp with time zone,
    day_micros bigint not null default 0,
    constraint campaign_limits_pkey PRIMARY KEY (campaign_id),
    constraint campaign_limits_budget_micros_check CHECK ((budget_micros >= 0)),
    constraint campaign_limits_check CHECK ((cardinality(passed) = cardinality(passed_at))),
    constraint campaign_limits_day_budget_micros_check CHECK ((day_budget_micros >= 0)),
    constraint campaign_limits_per_minute_check CHECK ((per_minute > 0)),
    constraint campaign_limits_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaigns(campaign_id)
);
comment on column campaign_limits.budget_micros is 'in millionths of the main unit, as its newest definition says; null: none';
comment on column campaign_limits.day_budget_micros is 'in millionths of the main unit, as its newest definition says; null: none';
comment on column campaign_limits.day_from is 'when the day began, in the shop''s zone, that day_micros is of; null: none has';
comment on column campaign_limits.day_micros is 'what was let through on that day: messages that may have been taken, and the face value of codes bound with them';
comment on column campaign_limits.passed_at is 'business time of the gates of the last minute; passed: how many each let through';
comment on column campaign_limits.spent_micros is 'cost of the messages that were let through and may have been taken; what codes bind is asked of the codes';

create table campaign_history (
    history_id bigint not null generated always as identity,
    campaign_id integer not null,
    at timestamp with time zone not null default now(),
    deed text not null,
    because text,
    version_id integer,
    constraint campaign_history_pkey PRIMARY KEY (history_id),
    constraint campaign_history_check CHECK (((deed = 'applied'::text) = (version_id IS NOT NULL))),
    constraint campaign_history_deed_check CHECK ((deed = ANY (ARRAY['applied'::text, 'paused'::text, 'resumed'::text, 'cancelled'::text]))),
    constraint campaign_history_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaigns(campaign_id),
    constraint campaign_history_version_id_fkey FOREIGN KEY (version_id) REFERENCES campaign_versions(version_id)
);
CREATE INDEX campaign_history_campaign ON public.campaign_history USING btree (campaign_id, history_id);

create table categories (
    category_id integer not null generated always as identity,
    name text not null,
    constraint categories_pkey PRIMARY KEY (category_id),
    constraint categories_name_key UNIQUE (name),
    constraint categories_name_check CHECK ((name <> ''::text))
);

create table customer_features (
    customer_id bigint not null,
    changed_at timestamp with time zone not null,
    first_at timestamp with time zone,
    last_at timestamp with time zone,
    first_day_minor bigint,
    revenue_minor bigint not null,
    gross_minor bigint not null,
    refunded_minor bigint not null,
    orders integer not null,
    placed integer not null,
    refunded_orders integer not null,
    days integer not null,
    units integer not null,
    coupon_orders integer not null,
    categories integer[] not null,
    version integer not null default 0,
    constraint customer_features_pkey PRIMARY KEY (customer_id)
) with (fillfactor=85);
comment on table customer_features is 'every customer who is not merged, as of the far end of time; orders in the currency of feature_state count';
comment on column customer_features.categories is 'categories of which a unit was kept, by rising id; products without one count for none';
comment on column customer_features.changed_at is 'when the newest of its orders was placed, refunded or given back; as of any instant from then on the row is right';
comment on column customer_features.coupon_orders is 'kept orders that redeemed one of our codes';
comment on column customer_features.days is 'days in the shop''s zone on which a kept order was placed';
comment on column customer_features.first_at is 'the first kept order; null: none';
comment on column customer_features.first_day_minor is 'kept orders of the day of first_at in the shop''s zone, net of refunds; null: none';
comment on column customer_features.gross_minor is 'all orders, kept or not, before refunds';
comment on column customer_features.last_at is 'the last kept order; null: none';
comment on column customer_features.orders is 'kept orders';
comment on column customer_features.placed is 'all orders, kept or not';
comment on column customer_features.refunded_minor is 'what came back of all orders, kept or not';
comment on column customer_features.refunded_orders is 'orders of which something of any worth came back, or all of it';
comment on column customer_features.revenue_minor is 'kept orders, net of refunds';
comment on column customer_features.units is 'units of kept orders that did not come back';
comment on column customer_features.version is 'of the statement that wrote the row last: whatever else is told of a customer''s orders is right while it rests on this one';

create table feature_state (
    only_one boolean not null default true,
    currency text not null,
    zone text not null,
    newest_at timestamp with time zone not null,
    rebuilt_at timestamp with time zone not null default now(),
    staged_by integer,
    most_orders integer not null default 2147483647,
    most_units integer not null default 2147483647,
    constraint feature_state_pkey PRIMARY KEY (only_one),
    constraint feature_state_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    constraint feature_state_only_one_check CHECK (only_one),
    constraint feature_state_staged_by_fkey FOREIGN KEY (staged_by) REFERENCES scores(scores_id)
);
comment on table feature_state is 'on which basis customer_features is kept; no row: it is not kept';
comment on column feature_state.most_orders is 'no row has more orders';
comment on column feature_state.most_units is 'no row has more units';
comment on column feature_state.newest_at is 'no changed_at is later: as of any instant from then on all rows are right';
comment on column feature_state.staged_by is 'the scores by which customer_stages is told, or is being';

create table scores (
    scores_id integer not null generated always as identity,
    fitted_at timestamp with time zone not null,
    currency text not null,
    zone text not null,
    accepted boolean not null,
    why text,
    definition jsonb not null,
    evidence jsonb not null,
    recorded_at timestamp with time zone not null default now(),
    constraint scores_pkey PRIMARY KEY (scores_id),
    constraint scores_check CHECK ((accepted OR (why <> ''::text))),
    constraint scores_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text))
);
CREATE INDEX scores_newest ON public.scores USING btree (fitted_at, scores_id);
CREATE TRIGGER scores_immutable BEFORE DELETE OR UPDATE ON public.scores FOR EACH ROW EXECUTE FUNCTION refuse_scores_change();
comment on table scores is 'one row a fit, rows are only added: a campaign and a question about the past read what there was then';
comment on column scores.accepted is 'rules may read it; a refit that moved too far is kept beside and read by nobody';
comment on column scores.definition is 'all that a rule reads';
comment on column scores.evidence is 'how the fit went and how its check came out, for people';
comment on column scores.fitted_at is 'business time: what was known of orders by then was learnt from';
comment on column scores.why is 'why it was not accepted, or would not have been had nobody said so';

create table segments (
    segment_id integer not null generated always as identity,
    name text not null,
    rule text not null,
    named jsonb not null default '{}'::jsonb,
    every interval not null,
    refreshed_at timestamp with time zone,
    members bigint not null default 0,
    kept_at timestamp with time zone not null default now(),
    constraint segments_pkey PRIMARY KEY (segment_id),
    constraint segments_name_key UNIQUE (name),
    constraint segments_every_check CHECK ((every >= '00:01:00'::interval)),
    constraint segments_name_check CHECK ((name ~ '^[a-z0-9][a-z0-9-]{0,59}$'::text))
);
comment on table segments is 'segments whose members are kept; the text of a rule may change, the members then follow at the next refresh';
comment on column segments.named is 'the rules of the segments that this one names, by name';
comment on column segments.refreshed_at is 'business time as of which the members are right; null: nobody was asked yet, and who is in it then has not come';

create table segment_members (
    segment_id integer not null,
    customer_id bigint not null,
    entered_at timestamp with time zone not null,
    constraint segment_members_pkey PRIMARY KEY (segment_id, customer_id),
    constraint segment_members_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(customer_id),
    constraint segment_members_segment_id_fkey FOREIGN KEY (segment_id) REFERENCES segments(segment_id) ON DELETE CASCADE
);
comment on column segment_members.entered_at is 'the refresh that found them in it first';

create table customer_stages (
    customer_id bigint not null,
    scores_id integer not null,
    version integer not null,
    days integer[] not null,
    stages smallint[] not null,
    constraint customer_stages_pkey PRIMARY KEY (customer_id),
    constraint customer_stages_check CHECK (((cardinality(stages) = cardinality(days)) AND (cardinality(days) > 0)))
);
comment on table customer_stages is 'whoever has bought: a row is right iff both its version and its scores are those in use; where there is no right one the rule in Go decides';
comment on column customer_stages.days is 'since when each stage is in force, in days from 1970, rising: stages[width_bucket(a day, days)] is the one of that day';
comment on column customer_stages.stages is '1 developing, 2 growing, 3 mature, 4 declining, 5 lapsed';

create table stage_due (
    due_id bigint not null generated always as identity,
    customers bigint[],
    after bigint,
    constraint stage_due_pkey PRIMARY KEY (due_id),
    constraint stage_due_check CHECK (((customers IS NULL) <> (after IS NULL)))
);
comment on table stage_due is 'whose stages may have to be worked out anew: a hint, without which the rule in Go decides a little longer';
comment on column stage_due.after is 'everybody with a higher id';

create table acts (
    act_id bigint not null generated always as identity,
    at timestamp with time zone not null default clock_timestamp(),
    xid xid8 not null default pg_current_xact_id(),
    who text not null,
    verb text not null,
    because text not null,
    delivery_id bigint,
    was text not null,
    became text not null,
    target text,
    constraint acts_pkey PRIMARY KEY (act_id),
    constraint acts_are_about_one_thing CHECK ((((verb = ANY (ARRAY['replay'::text, 'settle'::text])) = (delivery_id IS NOT NULL)) AND ((verb = ANY (ARRAY['hold'::text, 'release'::text, 'erase'::text, 'merge'::text])) = (target IS NOT NULL)))),
    constraint acts_because_check CHECK ((because ~ '\S'::text)),
    constraint acts_verb_check CHECK ((verb = ANY (ARRAY['replay'::text, 'settle'::text, 'hold'::text, 'release'::text, 'erase'::text, 'merge'::text]))),
    constraint acts_who_check CHECK ((who <> ''::text))
);
CREATE INDEX acts_customer ON public.acts USING btree (target) WHERE (verb = ANY (ARRAY['erase'::text, 'merge'::text]));
CREATE INDEX acts_delivery ON public.acts USING btree (delivery_id);
CREATE TRIGGER acts_stay BEFORE DELETE OR UPDATE ON public.acts FOR EACH ROW EXECUTE FUNCTION refuse_act_change();
CREATE TRIGGER acts_stay_all BEFORE TRUNCATE ON public.acts FOR EACH STATEMENT EXECUTE FUNCTION refuse_act_change();
comment on column acts.target is 'what is on hold: all, or a channel; or the customer who was erased or merged away, by the shop''s id';
comment on column acts.who is 'the account on the machine it was done from';

create table send_holds (
    channel text not null,
    since timestamp with time zone not null default clock_timestamp(),
    who text not null,
    because text not null,
    constraint send_holds_pkey PRIMARY KEY (channel),
    constraint send_holds_because_check CHECK ((because ~ '\S'::text)),
    constraint send_holds_who_check CHECK ((who <> ''::text))
);
CREATE TRIGGER send_holds_by_act BEFORE INSERT OR DELETE OR UPDATE ON public.send_holds FOR EACH ROW EXECUTE FUNCTION require_hold_act();
CREATE TRIGGER send_holds_stay BEFORE TRUNCATE ON public.send_holds FOR EACH STATEMENT EXECUTE FUNCTION refuse_act_change();
comment on table send_holds is 'what is on hold now: each a channel, or all of them where the channel is empty';

create table provider_holds (
    hold_id bigint not null generated always as identity,
    channel text not null,
    since timestamp with time zone not null,
    until timestamp with time zone not null,
    reason text not null,
    constraint provider_holds_pkey PRIMARY KEY (hold_id),
    constraint provider_holds_channel_check CHECK ((channel <> ''::text)),
    constraint provider_holds_check CHECK ((until >= since)),
    constraint provider_holds_reason_check CHECK ((reason ~ '\S'::text))
);
CREATE INDEX provider_holds_until ON public.provider_holds USING btree (until, channel);
CREATE TRIGGER provider_holds_by_act BEFORE DELETE OR UPDATE ON public.provider_holds FOR EACH ROW EXECUTE FUNCTION require_release_act();
comment on table provider_holds is 'when a provider takes nothing: it said so, or its calls failed; the row that ends last is the one that holds';
comment on column provider_holds.since is 'business time';
comment on column provider_holds.until is 'business time; a person may bring it forward, with an act';

create table channel_days (
    channel text not null,
    day date not null,
    since timestamp with time zone not null,
    last timestamp with time zone not null,
    allowed integer not null,
    passed integer not null default 0,
    constraint channel_days_pkey PRIMARY KEY (channel, day),
    constraint channel_days_allowed_check CHECK ((allowed > 0)),
    constraint channel_days_passed_check CHECK ((passed >= 0))
);
comment on column channel_days.allowed is 'messages, as rewave.yaml said: the most of what it said that day';
comment on column channel_days.day is 'in the shop''s zone';
comment on column channel_days.passed is 'messages that were let through and may have reached the provider, service messages too';
comment on column channel_days.since is 'business time of the first gate that counted; last: of the last that let anything through';

create table resends (
    resend_id bigint not null generated always as identity,
    delivery_id bigint not null,
    epoch integer not null,
    claimed_at timestamp with time zone not null,
    at timestamp with time zone not null default clock_timestamp(),
    until timestamp with time zone not null,
    constraint resends_pkey PRIMARY KEY (resend_id),
    constraint resent_in_window CHECK (((claimed_at <= at) AND (at < until)))
);
CREATE INDEX resends_delivery ON public.resends USING btree (delivery_id);
CREATE TRIGGER resends_stay BEFORE DELETE OR UPDATE OR TRUNCATE ON public.resends FOR EACH STATEMENT EXECUTE FUNCTION refuse_act_change();
comment on column resends.until is 'for how long from claimed_at on the provider takes the key once';

create table feedback (
    feedback_id bigint not null generated always as identity,
    channel text not null,
    event_id text not null,
    ref text not null,
    type text not null,
    at timestamp with time zone not null,
    reason text,
    hard boolean not null default false,
    received_at timestamp with time zone not null default clock_timestamp(),
    delivery_id bigint,
    due_at timestamp with time zone default clock_timestamp(),
    rejected text,
    constraint feedback_pkey PRIMARY KEY (feedback_id),
    constraint feedback_channel_event_id_key UNIQUE (channel, event_id),
    constraint feedback_type_check CHECK ((type = ANY (ARRAY['accepted'::text, 'delivered'::text, 'bounced'::text, 'complained'::text, 'failed'::text])))
);
CREATE INDEX feedback_delivery ON public.feedback USING btree (delivery_id) WHERE (delivery_id IS NOT NULL);
CREATE INDEX feedback_due ON public.feedback USING btree (due_at) WHERE (due_at IS NOT NULL);
comment on table feedback is 'an event that comes again is the same row';
comment on column feedback.delivery_id is 'the delivery that it speaks of; null: none is known yet';
comment on column feedback.due_at is 'when it is looked at next; null: it has been heard, or rejected';
comment on column feedback.hard is 'of a bounce: the address takes nothing for good';

create table incarnations (
    incarnation_id bigint not null generated always as identity,
    name text not null,
    noticed_at timestamp with time zone not null default clock_timestamp(),
    quarantined integer not null default 0,
    doubtful integer not null default 0,
    constraint incarnations_pkey PRIMARY KEY (incarnation_id)
);
CREATE TRIGGER incarnations_stay BEFORE DELETE OR UPDATE OR TRUNCATE ON public.incarnations FOR EACH STATEMENT EXECUTE FUNCTION refuse_act_change();
comment on column incarnations.doubtful is 'deliveries whose outcome may have been forgotten';
comment on column incarnations.quarantined is 'planned deliveries that a gate may have let out that was forgotten';

create table audits (
    only_one boolean not null default true,
    begun_at timestamp with time zone not null default '-infinity'::timestamp with time zone,
    ended_at timestamp with time zone,
    constraint audits_pkey PRIMARY KEY (only_one),
    constraint audits_only_one_check CHECK (only_one)
);
comment on table audits is 'when one of the processes last began an audit, and when its findings were written';

create table audit_findings (
    probe text not null,
    broken bigint not null,
    example text,
    constraint audit_findings_pkey PRIMARY KEY (probe),
    constraint audit_findings_broken_check CHECK ((broken >= 0))
);
comment on table audit_findings is 'of the last audit that ended: how many rows break each invariant';

create table gate_rules (
    rules_id integer not null generated always as identity,
    since timestamp with time zone not null default clock_timestamp(),
    rules jsonb not null,
    constraint gate_rules_pkey PRIMARY KEY (rules_id)
);
comment on table gate_rules is 'one row whenever a process began to send by other settings than were known';
comment on column gate_rules.rules is 'as Go writes them: ShopCap {Limit, Window in ns}, Quiet by channel {From, To in minutes of the day}, QuietIn by country and channel, Blackout {From, To, In, All}, Zone';

create table due (
    due_at timestamp with time zone not null,
    delivery_id bigint not null,
    expires_at timestamp with time zone not null,
    campaign_id integer not null,
    version_id integer not null,
    wave text not null,
    channel text not null,
    constraint due_pkey PRIMARY KEY (due_at, delivery_id)
);
comment on table due is 'the deliveries that are planned, in the order in which the gate may be asked; triggers keep it, and delivery/decide takes off what it lets go';

create table doubts (
    doubt_id bigint not null generated always as identity,
    delivery_id bigint not null,
    at timestamp with time zone not null default clock_timestamp(),
    reason text not null,
    constraint doubts_pkey PRIMARY KEY (doubt_id)
);
CREATE INDEX doubts_delivery ON public.doubts USING btree (delivery_id);
comment on table doubts is 'one row whenever a call was made of which nobody knew how it ended; for people to read, and nothing is decided by it';

create table bound_codes (
    campaign_id integer not null,
    pool text not null,
    hourly boolean not null,
    until timestamp with time zone not null,
    backend integer not null,
    codes bigint not null,
    minor bigint not null,
    constraint bound_codes_pkey PRIMARY KEY (campaign_id, pool, hourly, until, backend),
    constraint bound_codes_pool_fkey FOREIGN KEY (pool) REFERENCES coupon_pools(pool)
);
comment on table bound_codes is 'what the codes of campaigns bind until when, a sum of coupons that a trigger keeps';
comment on column bound_codes.backend is 'which added to it: nobody waits for anybody, least of all a gate for an import';
comment on column bound_codes.codes is 'that bind their face value: not redeemed, or nobody knows what for';
comment on column bound_codes.hourly is 'a sum of those that end within the hour from until on, and of all without an end; otherwise of those that end at until';
comment on column bound_codes.minor is 'what others took off or cost, with no end';

create view exposures as
 SELECT d.customer_id,
    d.entered_at,
    d.enrollment_id,
    d.round,
    d.wave,
    d.campaign_id,
    d.arm,
    d.scheduled_at,
    d.gate_at AS decided_at,
    d.channel,
        CASE
            WHEN d.state = 'withheld'::text THEN 'ghost'::text
            ELSE 'send'::text
        END AS decision
   FROM deliveries d
  WHERE d.state = ANY (ARRAY['sending'::text, 'accepted'::text, 'failed'::text, 'unknown'::text, 'unknown_final'::text, 'withheld'::text]);

create view refund_lines as
 SELECT r.source,
    r.shop_refund_id,
    r.line_no,
    min(r.refunded_at) AS refunded_at,
    sum(r.quantity) AS quantity,
    sum(r.amount_minor)::bigint AS amount_minor,
    min(r.product_id) AS product_id,
    min(r.refund_of) AS refund_of,
        CASE
            WHEN min(o.order_id) IS NULL THEN min(r.customer_id)
            ELSE min(o.customer_id)
        END AS customer_id,
    min(o.order_id) AS of_order_id,
    min(r.reason) AS reason
   FROM refunds r
     LEFT JOIN orders o ON o.source = r.source AND o.shop_order_id = r.refund_of
  GROUP BY r.source, r.shop_refund_id, r.line_no;

create view version_waves as
 SELECT v.version_id,
    w.value ->> 'Name'::text AS wave,
    COALESCE((w.value ->> 'Service'::text)::boolean, false) AS service,
    COALESCE((w.value ->> 'Consent'::text)::boolean, false) AS consent,
    COALESCE((v.definition -> 'Exit'::text) ? 'repurchased'::text OR ((w.value -> 'After'::text) -> 'Unless'::text) ? 'repurchased'::text, false) AS ends_on_order,
    COALESCE(NULLIF(v.definition -> 'HoldWhile'::text, 'null'::jsonb), '[]'::jsonb) AS hold_while,
    COALESCE(NULLIF(w.value -> 'Variants'::text, 'null'::jsonb), '[]'::jsonb) AS variants
   FROM campaign_versions v
     CROSS JOIN LATERAL jsonb_array_elements(v.definition -> 'Waves'::text) w(value);
