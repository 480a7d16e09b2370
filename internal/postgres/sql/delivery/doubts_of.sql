-- Deliveries in doubt that a person asks about, whenever they were asked about last. $1 ids (null: any), $2 campaign (null: any).
-- Rows: as delivery/doubts. Only reads.
select d.delivery_id, d.customer_id, d.entered_at, d.epoch, d.state, d.version_id, d.wave, d.channel, d.campaign_id,
       exists (select from campaign_limits l where l.campaign_id = d.campaign_id), d.gate_at
  from deliveries d
 where ($1::bigint[] is null or d.delivery_id = any ($1)) and ($2::text is null or d.campaign_id = (select c.campaign_id from campaigns c where c.name = $2))
   and d.state in ('unknown', 'unknown_final', 'quarantine')
 order by d.delivery_id
