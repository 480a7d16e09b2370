-- Writes all rows into the empty table.
-- $1 currency text, $2 zone text.
-- Rows: none. Twice: the key refuses; renew is for a table that has rows.
with everybody as (
    insert into stage_due (after) values (0)
)
insert into customer_features
select f.customer_id, f.changed_at, f.first_at, f.last_at, f.first_day_minor, f.revenue_minor, f.gross_minor, f.refunded_minor,
       f.orders, f.placed, f.refunded_orders, f.days, f.units, f.coupon_orders, f.categories, v.version
  from features_of(null, $1, $2) f, (select nextval('feature_versions')::int as version) v
