-- What follows from the words on deliveries that are held. $1 delivery ids, $2 states (as they are: they stay), $3 reasons,
-- $4 to $6 delivered, bounced and complained at (null: not said), $7 those of them that were not taken.
-- Rows: campaign, gate and cost of each that was not taken.
-- Twice: columns keep the earliest, and states have moved.
with heard as (
    update deliveries d
       set state = a.state, reason = case when a.state <> d.state then nullif(a.reason, '') else d.reason end,
           provider = case when a.state <> d.state then coalesce(d.provider, d.channel) else d.provider end,
           settled_at = case when a.state <> d.state then clock_timestamp() else d.settled_at end,
           delivered_at = least(d.delivered_at, a.delivered), bounced_at = least(d.bounced_at, a.bounced), complained_at = least(d.complained_at, a.complained)
      from (select * from unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[])
                as t(delivery_id, state, reason, delivered, bounced, complained) offset 0) a
     where d.delivery_id = a.delivery_id
    returning d.campaign_id, d.cost_micros, d.gate_at, d.delivery_id
)
select h.campaign_id, h.gate_at, coalesce(h.cost_micros, 0)::bigint from heard h
 where h.delivery_id = any ($7::bigint[])
