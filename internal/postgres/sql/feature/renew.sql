-- Works rows out anew from the orders, and writes those that differ: readers in the midst of a scan see old or new rows, and always all.
-- $1 customers bigint[] (null: all), $2 currency text, $3 zone text. To be planned for its parameters.
-- Rows: none; the command tag counts those written. Twice: only what differs is written.
with fresh as materialized (
    select f.customer_id, f.changed_at, f.first_at, f.last_at, f.first_day_minor, f.revenue_minor, f.gross_minor, f.refunded_minor,
           f.orders, f.placed, f.refunded_orders, f.days, f.units, f.coupon_orders, f.categories
      from features_of($1::bigint[], $2, $3) f
), gone as ( -- merged since
    delete from customer_features k
     where ($1::bigint[] is null or k.customer_id = any ($1::bigint[])) and not exists (select from fresh f where f.customer_id = k.customer_id)
), moved as (
    update feature_state s
       set newest_at = greatest(s.newest_at, n.at), most_orders = greatest(s.most_orders, n.orders), most_units = greatest(s.most_units, n.units)
      from (select max(changed_at) as at, max(orders) as orders, max(units) as units from fresh) n
     where n.at > s.newest_at or n.orders > s.most_orders or n.units > s.most_units
), due as (
    insert into stage_due (customers, after) select $1::bigint[], case when $1::bigint[] is null then 0 end
), version as materialized (
    select nextval('feature_versions')::int as version
)
insert into customer_features as k
select f.*, v.version from fresh f
 cross join version v
  left join customer_features k on k.customer_id = f.customer_id
 where k.customer_id is null
    or (f.changed_at, f.first_at, f.last_at, f.first_day_minor, f.revenue_minor, f.gross_minor, f.refunded_minor,
        f.orders, f.placed, f.refunded_orders, f.days, f.units, f.coupon_orders, f.categories)
       is distinct from (k.changed_at, k.first_at, k.last_at, k.first_day_minor, k.revenue_minor, k.gross_minor, k.refunded_minor,
        k.orders, k.placed, k.refunded_orders, k.days, k.units, k.coupon_orders, k.categories)
on conflict (customer_id) do update
   set changed_at = excluded.changed_at, first_at = excluded.first_at, last_at = excluded.last_at, first_day_minor = excluded.first_day_minor,
       revenue_minor = excluded.revenue_minor, gross_minor = excluded.gross_minor, refunded_minor = excluded.refunded_minor,
       orders = excluded.orders, placed = excluded.placed, refunded_orders = excluded.refunded_orders, days = excluded.days,
       units = excluded.units, coupon_orders = excluded.coupon_orders, categories = excluded.categories, version = excluded.version
