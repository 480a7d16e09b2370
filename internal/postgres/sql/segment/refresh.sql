-- Brings the members of a segment to those of the table segment_now, and tells who came and who left as events; of the first refresh nobody came.
-- $1 segment, $2 business instant, $3 and $4 the beginnings of the events' names, $5 whether it is the first refresh.
-- Rows: one: how many came, how many left, how many campaigns' inboxes were filled.
-- Twice: who is a member stays one, and an event is known by segment, customer and instant.
with came as (
    insert into segment_members (segment_id, customer_id, entered_at)
    select $1::int, n.customer_id, $2::timestamptz
      from segment_now n
     where not exists (select from segment_members m where m.segment_id = $1 and m.customer_id = n.customer_id)
    returning customer_id
), gone as (
    delete from segment_members m
     where m.segment_id = $1 and not exists (select from segment_now n where n.customer_id = m.customer_id)
    returning m.customer_id
), told as (
    insert into events (source, source_event_id, name, customer_id, at)
    select 'segment', s.name || '/' || c.customer_id || '/' || extract(epoch from $2::timestamptz) || c.way, c.what || s.name, c.customer_id, $2
      from segments s, (select customer_id, $3::text as what, '/in' as way from came union all select customer_id, $4::text, '/out' from gone) c
     where s.segment_id = $1 and not $5::bool
    on conflict (source, source_event_id) do nothing
    returning event_id, customer_id, name, at
), put as (
    insert into event_inbox (campaign_id, event_id, customer_id, at)
    select k.campaign_id, e.event_id, e.customer_id, e.at
      from campaigns k
      join campaign_versions v on v.version_id = k.version_id
      join told e on e.name = v.definition -> 'enter' ->> 'Event' and e.at >= k.activated_at
     where k.status <> 'cancelled' and v.definition -> 'enter' ->> 'on' = 'event'
    on conflict do nothing
    returning 1
), done as (
    update segments s set refreshed_at = $2, members = (select count(*) from segment_now) where s.segment_id = $1
)
select (select count(*) from came), (select count(*) from gone), (select count(*) from put)
