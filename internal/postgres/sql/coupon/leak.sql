-- Makes the leaks of codes these and no others.
-- $1 codes, $2 to $4 the leaks of any of them: code, order, why.
-- Rows: one count, of leaks nobody had seen. Twice: only what differs is written.
with leaks as (
    select * from unnest($2::text[], $3::bigint[], $4::text[]) as x(code, order_id, why)
), gone as (
    delete from coupon_leaks l
     where l.code = any($1::text[]) and not exists (select from leaks x where x.code = l.code and x.order_id = l.order_id)
), written as (
    insert into coupon_leaks (code, order_id, why)
    select code, order_id, why from leaks
        on conflict (code, order_id) do update set why = excluded.why where coupon_leaks.why <> excluded.why
    returning xmax = 0 as is_new
)
select count(*) filter (where is_new) from written
