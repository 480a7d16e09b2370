-- Takes the planned, due rows of a chunk that nobody else holds, one for each customer; a hint that came twice ends here.
-- $1 delivery ids, $2 business time (null: now), $3 to $5 the lane: version, wave, channel. A row that has moved to another lane, or an
-- id that means another delivery here, was not rendered for this one. The caller holds the locks until it commits.
with mine as (
    select d.delivery_id, d.customer_id
      from deliveries d
     where d.delivery_id = any($1) and d.due_at <= coalesce($2::timestamptz, now())
       and d.version_id = $3 and d.wave = $4 and d.channel = $5
     order by d.customer_id, d.delivery_id
       for no key update skip locked
)
select distinct on (customer_id) delivery_id, customer_id from mine order by customer_id, delivery_id
