-- The queues that go by another name than last time, and the names remembered. $1 names by queue; of others nothing is said.
-- Of several who ask at once one hears of a change: the others find it written. Safe to run twice.
with old as (select case when queue like '{%' then queue::jsonb else '{}' end as names from installation),
moved as (
	update installation set queue = (case when queue like '{%' then queue::jsonb else '{}' end || $1::jsonb)::text
	 where not case when queue like '{%' then queue::jsonb else '{}' end @> $1::jsonb returning 1)
select now.key from moved, old, jsonb_each_text($1::jsonb) now where old.names ->> now.key <> now.value order by now.key
