-- A gate let a delivery pass again only after a call that was surely not taken, or after a person let it.
select delivery_id from deliveries where epoch <> returned + (state in ('sending', 'accepted', 'failed', 'unknown', 'unknown_final', 'quarantine'))::int
