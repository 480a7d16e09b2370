-- Adds this import's new orders to the rows of their customers, where they are the latest and nothing else changed, and gives
-- new customers a row.
-- $1 currency text, $2 zone text, $3 order_id bigint[]: of which something came back, or which redeemed a code or no longer do,
-- $4 customer_id bigint[]: of whom something else changed.
-- Rows: the customers whose rows must be worked out anew.
-- Twice: no; an import does it once, in the transaction that inserts the orders.
with whole as materialized (
    select o.customer_id from orders o where o.order_id = any ($3::bigint[]) and o.customer_id is not null
    union
    select o.customer_id from import_orders s join orders o on o.order_id = s.order_id where s.changed and o.customer_id is not null
    union
    select s.had_customer_id from import_orders s where s.had_customer_id is not null
    union
    select unnest($4::bigint[])
), newcomers as materialized (
    select customer_id from import_customers where is_new and last
), fresh as materialized (
    select o.customer_id, o.order_id, o.placed_at, o.gross_minor, (o.placed_at at time zone $2::text)::date as day,
           (min(o.placed_at) over (partition by o.customer_id) at time zone $2::text)::date as first_day
      from import_orders s
      join orders o on o.order_id = s.order_id
     where s.is_new and o.currency = $1 and o.customer_id is not null
       and not exists (select from whole w where w.customer_id = o.customer_id)
), heads as (
    select o.customer_id, max(o.placed_at) as last_at, min(o.placed_at) as first_at, sum(o.gross_minor)::bigint as gross_minor, count(*)::int as orders,
           (count(distinct o.day) - count(distinct o.day) filter (where o.day = (k.last_at at time zone $2::text)::date))::int as days,
           sum(o.gross_minor) filter (where o.day = coalesce((k.first_at at time zone $2::text)::date, o.first_day))::bigint as first_day_minor
      from fresh o
      left join customer_features k on k.customer_id = o.customer_id
     group by o.customer_id
), lines as (
    select o.customer_id, sum(l.quantity)::int as units, array_agg(distinct a.category_id) filter (where a.category_id is not null) as categories
      from fresh o
      join order_lines l on l.order_id = o.order_id
      join products a on a.product_id = l.product_id
     group by o.customer_id
), later as materialized (
    select h.customer_id, h.last_at, h.first_at, h.gross_minor, h.orders, h.days, h.first_day_minor, coalesce(l.units, 0) as units,
           coalesce(l.categories, '{}') as categories
      from heads h
      left join lines l on l.customer_id = h.customer_id
      left join customer_features k on k.customer_id = h.customer_id
      left join newcomers n on n.customer_id = h.customer_id
     where h.first_at >= k.last_at or k.last_at is null and coalesce(k.customer_id, n.customer_id) is not null
), version as materialized (
    select nextval('feature_versions')::int as version
), due as (
    insert into stage_due (customers) select array_agg(customer_id) from later having count(*) > 0
), written as (
    insert into customer_features as k
    select h.customer_id, greatest(k.changed_at, h.last_at), coalesce(k.first_at, h.first_at), h.last_at,
           case when k.first_at is null then h.first_day_minor else k.first_day_minor + coalesce(h.first_day_minor, 0) end,
           coalesce(k.revenue_minor, 0) + h.gross_minor, coalesce(k.gross_minor, 0) + h.gross_minor, coalesce(k.refunded_minor, 0),
           coalesce(k.orders, 0) + h.orders, coalesce(k.placed, 0) + h.orders, coalesce(k.refunded_orders, 0), coalesce(k.days, 0) + h.days,
           coalesce(k.units, 0) + h.units, coalesce(k.coupon_orders, 0),
           case when h.categories <@ k.categories then k.categories else array(select distinct unnest(k.categories || h.categories) order by 1) end,
           v.version
      from later h
     cross join version v
      left join customer_features k on k.customer_id = h.customer_id
    union all
    select n.customer_id, '-infinity', null, null, null, 0, 0, 0, 0, 0, 0, 0, 0, 0, '{}', v.version
      from newcomers n
     cross join version v
     where n.customer_id not in (select customer_id from later) -- hashed, whatever the planner takes the two for
    on conflict (customer_id) do update
       set changed_at = excluded.changed_at, first_at = excluded.first_at, last_at = excluded.last_at, first_day_minor = excluded.first_day_minor,
           revenue_minor = excluded.revenue_minor, gross_minor = excluded.gross_minor, orders = excluded.orders, placed = excluded.placed,
           days = excluded.days, units = excluded.units, categories = excluded.categories, version = excluded.version
    returning k.last_at, k.orders, k.units
), moved as (
    update feature_state s
       set newest_at = greatest(s.newest_at, n.at), most_orders = greatest(s.most_orders, n.orders), most_units = greatest(s.most_units, n.units)
      from (select max(last_at) as at, max(orders) as orders, max(units) as units from written) n
     where n.at > s.newest_at or n.orders > s.most_orders or n.units > s.most_units
)
select customer_id from whole
union
select o.customer_id from fresh o where not exists (select from later h where h.customer_id = o.customer_id)
