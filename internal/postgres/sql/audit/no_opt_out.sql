-- Nobody was gated after their newest word on that channel was no, or, unless it was a service message, without any word at all.
select d.delivery_id
  from ( -- all but those of whom a yes was known, and every no came later: of them no history need be read
      select d.delivery_id, d.version_id, d.wave, d.customer_id, d.channel, d.gate_at, d.claimed_at
        from deliveries d
        left join (select customer_id, channel, min(greatest(at, recorded_at)) filter (where granted and purpose = 'marketing') as yes,
                          min(greatest(at, recorded_at)) filter (where not granted) as no
                     from consents group by 1, 2) known on known.customer_id = d.customer_id and known.channel = d.channel
       where d.state in ('sending', 'accepted', 'unknown', 'unknown_final')
         and (known.yes < least(d.gate_at, d.claimed_at) and (known.no is null or known.no > greatest(d.gate_at, d.claimed_at))) is not true
      offset 0) d
  join jsonb_to_recordset((select jsonb_agg(to_jsonb(v)) from version_waves v)) as w(version_id int, wave text, service boolean, consent boolean)
    on w.version_id = d.version_id and w.wave = d.wave
  cross join lateral (
      select (select c.granted from consents c where c.customer_id = d.customer_id and c.channel = d.channel and c.purpose = 'marketing'
                 and c.at < d.gate_at and c.recorded_at <= d.claimed_at order by c.at desc, c.granted limit 1) as marketing,
             (select c.granted from consents c where c.customer_id = d.customer_id and c.channel = d.channel and c.purpose = 'service'
                 and c.at < d.gate_at and c.recorded_at <= d.claimed_at order by c.at desc, c.granted limit 1) as service) word
 where w.service and not coalesce(word.service, true) or (not w.service or w.consent) and not coalesce(word.marketing, false)
