-- A gate let a delivery pass again only after a call that was surely not taken, or after a person let it.
select d.delivery_id from deliveries d
 where d.epoch <> d.returned + (d.state in ('sending', 'accepted', 'failed', 'unknown', 'unknown_final', 'quarantine'))::int
