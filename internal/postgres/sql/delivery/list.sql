-- Deliveries for people to look at, those last decided first. $1 states (null: any), $2 campaign (null: any), $3 shop's id of the customer (null: any),
-- $4 ids (null: any), $5 at most so many.
select d.delivery_id, c.name, d.wave, d.round, u.shop_id, d.channel, d.arm, d.skip, d.state, coalesce(d.reason, ''), d.entered_at, d.scheduled_at, d.due_at,
       d.expires_at, d.epoch, d.returned, d.untaken, d.gate_at, d.claimed_at, coalesce(d.provider, ''), coalesce(d.provider_id, ''), d.settled_at,
       d.delivered_at, d.bounced_at, d.complained_at, d.lost_to,
       case when d.due_at is null then '' when c.status <> 'running' then 'its campaign is ' || c.status
            when exists (select from send_holds h where h.channel = '') then 'all messages are on hold'
            when exists (select from send_holds h where h.channel = d.channel) then d.channel || ' is on hold'
            else coalesce((select h.channel || ' rests: ' || h.reason from provider_holds h where h.channel = d.channel and h.until > now() order by h.until desc limit 1), '') end
  from deliveries d
  join campaigns c on c.campaign_id = d.campaign_id
  join customers u on u.customer_id = d.customer_id
 where ($1::text[] is null or d.state = any ($1)) and ($2::text is null or c.name = $2) and ($3::text is null or u.shop_id = $3)
   and ($4::bigint[] is null or d.delivery_id = any ($4))
 order by coalesce(d.settled_at, d.claimed_at, d.scheduled_at) desc, d.delivery_id desc
 limit $5
