-- Nobody was gated whose address was banned by then.
select distinct d.delivery_id
  from (select k.customer_id, s.channel, s.at, s.recorded_at from suppressions s join contacts k on k.email_hash = s.address_hash where s.channel <> 'sms'
        union all
        select k.customer_id, s.channel, s.at, s.recorded_at from suppressions s join contacts k on k.phone_hash = s.address_hash where s.channel = 'sms') s
  join deliveries d on d.customer_id = s.customer_id and d.channel = s.channel and d.gate_at > s.at and d.claimed_at >= s.recorded_at
 where d.state in ('sending', 'accepted', 'unknown', 'unknown_final')
