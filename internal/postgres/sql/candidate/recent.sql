-- For a preview of an order-triggered campaign: the newest order of each customer in the 30 days before an instant.
-- $1 campaign (0: none yet), $2 instant, $3 the channels of its waves, $4 at most so many, $5 customers after this id.
select u.customer_id, u.shop_id, u.first_name, u.last_name, coalesce(u.locale, ''), coalesce(u.region, ''), coalesce(u.zone, ''), u.merged_into is not null as merged,
       k.erased_at is not null as erased, coalesce(k.email, '') as email, coalesce(k.phone, '') as phone,
       reach.granted, reach.suppressed, newest.order_id, (select count(*) from order_lines l where l.order_id = newest.order_id)::int as lines, newest.placed_at as at,
       coalesce(earlier.entries, 0) as entries, earlier.last_entry
  from customers u
  join contacts k on k.customer_id = u.customer_id
  cross join lateral (
      select o.order_id, o.placed_at from orders o
       where o.customer_id = u.customer_id and o.placed_at <= $2::timestamptz and o.placed_at > $2::timestamptz - interval '30 days'
       order by o.placed_at desc, o.order_id desc limit 1) newest
  cross join lateral (
      select array_agg((select w.granted from consents w
                         where w.customer_id = u.customer_id and w.channel = ch.name and w.purpose = 'marketing' and w.at <= newest.placed_at
                         order by w.at desc, w.granted limit 1) order by ch.no) as granted,
             array_agg(exists (select from suppressions s
                                where s.channel = ch.name and s.at <= newest.placed_at
                                  and s.address_hash = case ch.name when 'sms' then k.phone_hash else k.email_hash end) order by ch.no) as suppressed
        from unnest($3::text[]) with ordinality as ch(name, no)) reach
  cross join lateral (
      select count(*) as entries, max(e.entered_at) as last_entry from enrollments e
       where e.campaign_id = $1 and e.customer_id = u.customer_id) earlier
 where u.customer_id > $5
 order by u.customer_id
 limit $4
