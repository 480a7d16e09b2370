-- Replaces what the last audit found. $1 probes, $2 rows that break each, $3 examples of them (empty: none).
with gone as (
    delete from audit_findings f where not f.probe = any ($1::text[])
), ended as (
    update audits set ended_at = clock_timestamp()
)
insert into audit_findings as f (probe, broken, example)
select t.probe, t.broken, nullif(t.example, '') from unnest($1::text[], $2::bigint[], $3::text[]) as t(probe, broken, example)
on conflict (probe) do update set broken = excluded.broken, example = excluded.example
