-- Nobody was gated after their newest word on that channel was no, or without any word at all.
select d.delivery_id from deliveries d
 where d.state in ('sending', 'accepted', 'unknown', 'unknown_final')
   and not coalesce((select w.granted from consents w
                      where w.customer_id = d.customer_id and w.channel = d.channel and w.purpose = 'marketing' and w.at < d.gate_at and w.recorded_at <= d.claimed_at
                      order by w.at desc, w.granted limit 1), false)
