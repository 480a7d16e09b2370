-- The deliveries of doubts whose time to be asked has come, and when they are asked next. A doubt of which nothing is left is forgotten.
-- $1 channels that can be asked, or that take a key once, $2 seconds to wait after each time, the last for all later ones, $3 at most so many doubts.
-- Rows: one a delivery: id, customer, entered_at, epoch, state, version, wave, channel, campaign, whether that has limits, gate_at.
-- Twice: the second time their time has not come. Of several callers at once each gets others.
with due as (
    select claim_id, delivery_ids, epochs, asked from claims where ask_at <= clock_timestamp() order by ask_at limit $3 for update skip locked
), open as (
    select due.claim_id, d.*
      from due cross join lateral unnest(due.delivery_ids, due.epochs) as a(delivery_id, epoch)
      join deliveries d on d.delivery_id = a.delivery_id and d.epoch = a.epoch and d.state in ('unknown', 'quarantine')
), moved as (
    update claims c set asked = c.asked + 1, ask_at = clock_timestamp() + make_interval(secs => ($2::float8[])[least(c.asked + 1, cardinality($2::float8[]))])
      from due where c.claim_id = due.claim_id and exists (select from open o where o.claim_id = c.claim_id)
), done as (
    delete from claims c using due where c.claim_id = due.claim_id and not exists (select from open o where o.claim_id = c.claim_id)
)
select o.delivery_id, o.customer_id, o.entered_at, o.epoch, o.state, o.version_id, o.wave, o.channel, o.campaign_id,
       exists (select from campaign_limits l where l.campaign_id = o.campaign_id), o.gate_at
  from open o
 where o.channel = any ($1::text[])
 order by o.delivery_id
