-- Makes the holds of customers those that were folded. The caller has their contacts rows.
-- $1 customer ids, all of them; a row each: $2 customer ids, $3 kinds, $4 refs, $5 opened, $6 closed (null: open).
-- Rows: one count, of holds that are new, gone or changed.
-- recorded_at stays where a hold only gets shorter: it is since when all that is held now was known.
-- Twice: only what differs is written.
with folded as (
    select * from unnest($2::bigint[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[]) f(customer_id, kind, ref, opened_at, closed_at)
), gone as (
    delete from holds h
     where h.customer_id = any($1::bigint[])
       and not exists (select from folded f where (f.customer_id, f.kind, f.ref, f.opened_at) = (h.customer_id, h.kind, h.ref, h.opened_at))
    returning 1
), written as (
    insert into holds as h (customer_id, kind, ref, opened_at, closed_at, recorded_at)
    select customer_id, kind, ref, opened_at, closed_at, clock_timestamp() from folded -- recorded under the locks
    on conflict (customer_id, kind, opened_at, ref) do update
       set closed_at = excluded.closed_at,
           recorded_at = case when excluded.closed_at < coalesce(h.closed_at, 'infinity') then h.recorded_at else excluded.recorded_at end
     where h.closed_at is distinct from excluded.closed_at
    returning 1
)
select (select count(*) from gone) + (select count(*) from written)
