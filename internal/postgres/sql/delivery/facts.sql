-- Everything the gate looks at in every wave, one row a delivery, read after the locks are held.
-- $1 delivery ids, $2 business time, $3 the wave's channels, $4 wave it requires (null: none),
-- $5 window of the cap over all campaigns in seconds (0: no cap), $6 window of the campaign's own cap in seconds (0: no cap),
-- $7 whether words on service are wanted, $8 whether the customer's region is.
select d.delivery_id, d.customer_id, d.entered_at, d.arm, d.skip, coalesce(d.variant, '') as variant, coalesce(e.stratum, '') as stratum,
       d.channel, d.epoch, d.expires_at, coalesce(d.reason, '') as held_for,
       c.status, e.zone, coalesce(case when $8 then (select u.region from customers u where u.customer_id = d.customer_id) end, '') as region,
       k.erased_at is not null as erased, coalesce(k.email, '') as email, coalesce(k.phone, '') as phone,
       reach.granted, reach.refused, reach.suppressed, bought.since_entry, required.state as required,
       pressure.real_all, pressure.ghosts_all, pressure.real_own, pressure.ghosts_own, outranking.planned
  from deliveries d
  join campaigns c on c.campaign_id = d.campaign_id
  join enrollments e on e.customer_id = d.customer_id and e.entered_at = d.entered_at and e.enrollment_id = d.enrollment_id
  join contacts k on k.customer_id = d.customer_id
  -- the newest word on each channel, and a ban on the address itself
  cross join lateral (
      select array(select (select w.granted from consents w
                            where w.customer_id = d.customer_id and w.channel = ch.name and w.purpose = 'marketing' and w.at <= $2::timestamptz
                            order by w.at desc, w.granted limit 1)
                     from unnest($3::text[]) with ordinality as ch(name, no) order by ch.no) as granted,
             case when $7 then
             array(select not coalesce((select w.granted from consents w
                            where w.customer_id = d.customer_id and w.channel = ch.name and w.purpose = 'service' and w.at <= $2::timestamptz
                            order by w.at desc, w.granted limit 1), true)
                     from unnest($3::text[]) with ordinality as ch(name, no) order by ch.no) end as refused,
             array(select exists (select from suppressions s
                                   where s.channel = ch.name and s.at <= $2::timestamptz
                                     and s.address_hash = case ch.name when 'sms' then k.phone_hash else k.email_hash end)
                     from unnest($3::text[]) with ordinality as ch(name, no) order by ch.no) as suppressed) reach
  cross join lateral (
      select exists (select from orders o
                      where o.customer_id = any (array[d.customer_id, (select u.merged_into from customers u where u.customer_id = d.customer_id)])
                        and o.order_id is distinct from e.trigger_order_id and o.placed_at > d.entered_at and o.placed_at <= $2::timestamptz
                        and (o.unkept_at is null or o.unkept_at > $2::timestamptz)) as since_entry) bought
  left join deliveries required
         on required.customer_id = d.customer_id and required.entered_at = d.entered_at and required.enrollment_id = d.enrollment_id
        and required.round = d.round and required.wave = $4::text
  -- messages that count against a cap: real ones, and this campaign's ghosts
  cross join lateral (
      select count(*) filter (where p.state <> 'withheld' and p.gate_at > $2::timestamptz - make_interval(secs => $5)) as real_all,
             count(*) filter (where p.state = 'withheld' and p.campaign_id = d.campaign_id and p.gate_at > $2::timestamptz - make_interval(secs => $5)) as ghosts_all,
             count(*) filter (where p.state <> 'withheld' and p.campaign_id = d.campaign_id and p.gate_at > $2::timestamptz - make_interval(secs => $6)) as real_own,
             count(*) filter (where p.state = 'withheld' and p.campaign_id = d.campaign_id and p.gate_at > $2::timestamptz - make_interval(secs => $6)) as ghosts_own
        from deliveries p
       where greatest($5::float8, $6::float8) > 0 and p.customer_id = d.customer_id and not p.uncapped
         and p.state in ('sending', 'accepted', 'unknown', 'unknown_final', 'withheld')
         and p.gate_at > $2::timestamptz - make_interval(secs => greatest($5::float8, $6::float8))) pressure
  -- the cap's room that campaigns of higher priority will want within a day; not looked for where no campaign has one
  cross join lateral (
      select count(*) as planned
        from deliveries p join campaigns o on o.campaign_id = p.campaign_id
       where $5::float8 > 0 and (select max(r.priority) from campaigns r where r.status = 'running') > c.priority
         and p.customer_id = d.customer_id and p.state = 'planned' and p.scheduled_at <= $2::timestamptz + interval '24 hours'
         and p.arm = 'treat' and not p.skip and not p.uncapped and o.priority > c.priority and o.status = 'running') outranking
 where d.delivery_id = any($1)
 order by d.customer_id
