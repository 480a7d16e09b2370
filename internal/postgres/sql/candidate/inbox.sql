-- The next orders that a campaign has to consider, each with its customer as of that order.
-- $1 campaign, $2 business time (null: now), $3 the channels of its waves, $4 at most so many.
select u.customer_id, u.shop_id, u.first_name, u.last_name, coalesce(u.locale, ''), coalesce(u.region, ''), coalesce(u.zone, ''), u.merged_into is not null as merged,
       k.erased_at is not null as erased, coalesce(k.email, '') as email, coalesce(k.phone, '') as phone,
       reach.granted, reach.suppressed, i.order_id, (select count(*) from order_lines l where l.order_id = i.order_id)::int as lines, i.placed_at as at,
       coalesce(earlier.entries, 0) as entries, earlier.last_entry
  from inbox i
  join customers u on u.customer_id = i.customer_id
  join contacts k on k.customer_id = i.customer_id
  cross join lateral (
      select array_agg((select w.granted from consents w
                         where w.customer_id = i.customer_id and w.channel = ch.name and w.purpose = 'marketing' and w.at <= i.placed_at
                         order by w.at desc, w.granted limit 1) order by ch.no) as granted,
             array_agg(exists (select from suppressions s
                                where s.channel = ch.name and s.at <= i.placed_at
                                  and s.address_hash = case ch.name when 'sms' then k.phone_hash else k.email_hash end) order by ch.no) as suppressed
        from unnest($3::text[]) with ordinality as ch(name, no)) reach
  cross join lateral (
      select count(*) as entries, max(e.entered_at) as last_entry from enrollments e
       where e.campaign_id = i.campaign_id and e.customer_id = i.customer_id) earlier
 where i.campaign_id = $1 and i.placed_at <= coalesce($2::timestamptz, now())
 order by i.placed_at, i.order_id
 limit $4
