-- What passed between us and customers up to an instant: messages that a provider took, and orders that used a code of one.
-- $1 customer ids, $2 instant, $3 name of the one, $4 name of the other.
select d.customer_id, $3::text as name, d.gate_at as at, c.name as campaign, d.wave, d.channel
  from deliveries d
  join campaigns c on c.campaign_id = d.campaign_id
 where d.customer_id = any($1::bigint[]) and d.state = 'accepted' and d.gate_at <= $2::timestamptz
union all
select k.customer_id, $4::text, k.redeemed_at, c.name, d.wave, d.channel
  from coupons k
  join deliveries d on d.customer_id = k.customer_id and d.entered_at = k.entered_at and d.enrollment_id = k.enrollment_id
       and d.round = k.round and d.wave = k.wave
  join campaigns c on c.campaign_id = d.campaign_id
 where k.customer_id = any($1::bigint[]) and k.redeemed_at <= $2::timestamptz
 order by 1, 3
