-- Puts codes into a pool, in their order: in that order they are given away, and those of a gate then stand beside each other.
-- $1 pool text, $2 codes text[].
-- Rows: the codes that nobody had, in no order. Twice: a known code stays where it is.
insert into coupons (pool, code)
select $1, a.code from unnest($2::text[]) as a(code) order by a.code collate "C"
    on conflict (code) do nothing
returning code
