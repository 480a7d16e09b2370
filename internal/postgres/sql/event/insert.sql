-- Inserts the staged events that nobody knew, in the order of the file, and puts them before the campaigns that they
-- trigger: those in force when they happened. Of two rows with the same id the first counts.
-- $1 source text, $2 names text[] of events that hold messages back.
-- Rows: one: new events, how many were put before a campaign, customers with a new event of $2, by id.
-- Twice: the events are known, nothing is inserted.
-- Each customer is looked up by the key: to go through all identities takes longer where little is staged.
with added as (
    insert into events (source, source_event_id, name, customer_id, at, props)
    select $1, s.source_event_id, s.name, i.customer_id, s.at, s.props
      from (select distinct on (source_event_id) line, source_event_id, name, shop_id, at, props
              from import_events order by source_event_id, line) s
     cross join lateral (select n.customer_id from identities n where n.kind = 'shop' and n.value = s.shop_id offset 0) i
     order by s.line
    on conflict (source, source_event_id) do nothing
    returning event_id, customer_id, name, at
), put as (
    insert into event_inbox (campaign_id, event_id, customer_id, at)
    select k.campaign_id, e.event_id, e.customer_id, e.at
      from campaigns k
      join campaign_versions v on v.version_id = k.version_id
      join added e on e.name = v.definition -> 'enter' ->> 'Event' and e.at >= k.activated_at
     where k.status <> 'cancelled' and v.definition -> 'enter' ->> 'on' = 'event'
    on conflict do nothing
    returning 1
)
select (select count(*) from added), (select count(*) from put),
       array(select distinct customer_id from added where name = any($2::text[]) order by 1)
