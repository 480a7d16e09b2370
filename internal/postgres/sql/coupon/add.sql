-- Puts codes into a pool.
-- $1 pool text, $2 codes text[].
-- Rows: the codes that nobody had, in no order. Twice: a known code stays where it is.
insert into coupons (pool, code)
select $1, unnest($2::text[])
    on conflict (code) do nothing
returning code
