-- Moves a feed's watermark, never back.
-- $1 name text, $2 complete_until timestamptz.
-- Rows: the watermark, or none where it is later than $2 already.
-- Twice: the same.
insert into feeds as f (name, complete_until) values ($1, $2)
on conflict (name) do update set complete_until = excluded.complete_until, recorded_at = excluded.recorded_at
 where f.complete_until <= excluded.complete_until
returning complete_until
