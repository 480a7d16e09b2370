-- Counts the staged rows that say something else than the event that is stored under their id.
-- $1 source text.
-- Rows: one count.
select count(*)
  from import_events s
  join events e on e.source = $1 and e.source_event_id = s.source_event_id
  left join identities i on i.kind = 'shop' and i.value = s.shop_id
 where (e.name, e.customer_id, e.at, e.props) is distinct from (s.name, i.customer_id, s.at, s.props)
