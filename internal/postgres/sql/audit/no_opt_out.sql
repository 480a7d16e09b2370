-- Nobody was gated after their newest word on that channel was no, or, unless it was a service message, without any word at all.
select d.delivery_id from deliveries d
  join version_waves w on w.version_id = d.version_id and w.wave = d.wave
  cross join lateral (
      select (select c.granted from consents c where c.customer_id = d.customer_id and c.channel = d.channel and c.purpose = 'marketing'
                 and c.at < d.gate_at and c.recorded_at <= d.claimed_at order by c.at desc, c.granted limit 1) as marketing,
             (select c.granted from consents c where c.customer_id = d.customer_id and c.channel = d.channel and c.purpose = 'service'
                 and c.at < d.gate_at and c.recorded_at <= d.claimed_at order by c.at desc, c.granted limit 1) as service) word
 where d.state in ('sending', 'accepted', 'unknown', 'unknown_final')
   and (w.service and not coalesce(word.service, true) or (not w.service or w.consent) and not coalesce(word.marketing, false))
