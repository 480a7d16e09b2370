-- The terms of one pool, or of all.
-- $1 name text, null: all.
-- Rows: one a pool, by name. Twice: only reads.
select pool, coalesce(says, ''), kind, coalesce(currency, ''), value_minor, coalesce(percent_ppb, 0), at_most_minor, min_spend_minor,
       valid_from, valid_until, per_customer
  from coupon_pools
 where $1::text is null or pool = $1
 order by pool
