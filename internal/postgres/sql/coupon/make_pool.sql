-- Makes a pool that is not there yet; one that is keeps its terms, and is held until the transaction ends, so that two who
-- add codes to it come one after the other.
-- $1 to $11 the columns as coupon/pools reads them, with null for what is not said.
-- Rows: none. Twice: the first terms stay.
insert into coupon_pools (pool, says, kind, currency, value_minor, percent_ppb, at_most_minor, min_spend_minor, valid_from, valid_until, per_customer)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    on conflict (pool) do update set says = coalesce(coupon_pools.says, excluded.says)
