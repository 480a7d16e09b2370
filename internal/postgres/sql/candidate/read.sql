-- What decides whether candidates enter a campaign, each as of an instant of its own, in the order asked for.
-- $1 customer ids, $2 instants, $3 the channels of its waves, $4 campaign (0: never applied), $5 whether words on service are wanted,
-- $6 the group of campaigns that exclude one another (null: none).
select u.customer_id, u.shop_id, u.first_name, u.last_name, coalesce(u.locale, ''), coalesce(u.region, ''), coalesce(u.zone, ''), u.first_seen_at,
       u.merged_into is not null as merged, k.erased_at is not null as erased, coalesce(k.email, '') as email, coalesce(k.phone, '') as phone,
       reach.granted, reach.refused, reach.suppressed, coalesce(earlier.entries, 0) as entries, earlier.last_entry,
       -- in either arm, and with something yet to come
       $6::text is not null and exists (
           select from enrollments e join campaigns c on c.campaign_id = e.campaign_id
            where e.customer_id = a.customer_id and e.campaign_id <> $4 and c.exclusion_group = $6 and c.status <> 'cancelled'
              and (e.next_round_at is not null or exists (
                   select from deliveries d where d.customer_id = e.customer_id and d.entered_at = e.entered_at and d.enrollment_id = e.enrollment_id
                      and d.state in ('planned', 'sending')))) as elsewhere
  from unnest($1::bigint[], $2::timestamptz[]) with ordinality as a(customer_id, at, no)
  join customers u on u.customer_id = a.customer_id
  left join contacts k on k.customer_id = a.customer_id
  cross join lateral (
      select array_agg((select w.granted from consents w
                         where w.customer_id = a.customer_id and w.channel = ch.name and w.purpose = 'marketing' and w.at <= a.at
                         order by w.at desc, w.granted limit 1) order by ch.no) as granted,
             array_agg($5::bool and not coalesce((select w.granted from consents w
                         where w.customer_id = a.customer_id and w.channel = ch.name and w.purpose = 'service' and w.at <= a.at
                         order by w.at desc, w.granted limit 1), true) order by ch.no) as refused,
             array_agg(exists (select from suppressions s
                                where s.channel = ch.name and s.at <= a.at
                                  and s.address_hash = case ch.name when 'sms' then k.phone_hash else k.email_hash end) order by ch.no) as suppressed
        from unnest($3::text[]) with ordinality as ch(name, no)) reach
  cross join lateral (
      select count(*) as entries, max(e.entered_at) as last_entry from enrollments e
       where e.campaign_id = $4 and e.customer_id = a.customer_id) earlier
 order by a.no
