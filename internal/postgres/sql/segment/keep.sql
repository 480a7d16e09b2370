-- Keeps the members of a named segment from now on, or changes its rule.
-- $1 name, $2 rule, $3 rules of the segments it names jsonb, $4 how often it is asked interval (null: as before, or each quarter of an hour).
-- Rows: none. Twice: the same is written.
insert into segments as s (name, rule, named, every) values ($1, $2, $3, coalesce($4::interval, interval '15 minutes'))
on conflict (name) do update set rule = excluded.rule, named = excluded.named, every = coalesce($4::interval, s.every)
 where (s.rule, s.named, s.every) is distinct from (excluded.rule, excluded.named, coalesce($4::interval, s.every))
