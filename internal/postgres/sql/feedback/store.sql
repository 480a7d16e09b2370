-- Keeps what a provider says. $1 channel, $2 event ids, $3 references, $4 types, $5 instants, $6 reasons, $7 whether for good.
-- Rows: none; the command tag counts new ones. Twice: they are there.
insert into feedback (channel, event_id, ref, type, at, reason, hard)
select $1::text, event_id, ref, type, at, nullif(reason, ''), hard
  from unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::bool[]) as e(event_id, ref, type, at, reason, hard)
on conflict (channel, event_id) do nothing
