-- Nobody was gated whose address was banned by then.
select d.delivery_id from deliveries d join contacts k on k.customer_id = d.customer_id
 where d.state in ('sending', 'accepted', 'unknown', 'unknown_final')
   and exists (select from suppressions s where s.channel = d.channel and s.at < d.gate_at and s.recorded_at <= d.claimed_at
                and s.address_hash = case d.channel when 'sms' then k.phone_hash else k.email_hash end)
