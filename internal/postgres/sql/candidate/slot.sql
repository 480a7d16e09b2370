-- The next page of customers for a slot, each as of the slot.
-- $1 campaign, $2 slot, $3 the channels of its waves, $4 at most so many, $5 customers after this id, $6 leave out who entered before.
select u.customer_id, u.shop_id, u.first_name, u.last_name, coalesce(u.locale, ''), coalesce(u.region, ''), coalesce(u.zone, ''), false as merged,
       k.erased_at is not null as erased, coalesce(k.email, '') as email, coalesce(k.phone, '') as phone,
       reach.granted, reach.suppressed, 0::bigint as order_id, 0 as lines, $2::timestamptz as at,
       coalesce(earlier.entries, 0) as entries, earlier.last_entry
  from customers u
  join contacts k on k.customer_id = u.customer_id
  cross join lateral (
      select array_agg((select w.granted from consents w
                         where w.customer_id = u.customer_id and w.channel = ch.name and w.purpose = 'marketing' and w.at <= $2::timestamptz
                         order by w.at desc, w.granted limit 1) order by ch.no) as granted,
             array_agg(exists (select from suppressions s
                                where s.channel = ch.name and s.at <= $2::timestamptz
                                  and s.address_hash = case ch.name when 'sms' then k.phone_hash else k.email_hash end) order by ch.no) as suppressed
        from unnest($3::text[]) with ordinality as ch(name, no)) reach
  cross join lateral (
      select count(*) as entries, max(e.entered_at) as last_entry from enrollments e
       where e.campaign_id = $1 and e.customer_id = u.customer_id) earlier
 where u.customer_id > $5 and u.merged_into is null and not ($6::bool and earlier.entries > 0)
 order by u.customer_id
 limit $4
