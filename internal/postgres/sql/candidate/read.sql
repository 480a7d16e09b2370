-- Who candidates are and how often they, or who was merged into them, entered a campaign, in the order asked for. $1 customer ids, $2 campaign (0: never applied).
select u.customer_id, u.shop_id, u.first_name, u.last_name, coalesce(u.locale, ''), coalesce(u.region, ''), coalesce(u.zone, ''), u.first_seen_at,
       u.merged_into is not null as merged, k.erased_at is not null as erased, coalesce(k.email, '') as email, coalesce(k.phone, '') as phone,
       coalesce(earlier.entries, 0) as entries, earlier.last_entry
  from unnest($1::bigint[]) with ordinality as a(customer_id, no)
  join customers u on u.customer_id = a.customer_id
  left join contacts k on k.customer_id = a.customer_id
  cross join lateral (
      select count(*) as entries, max(e.entered_at) as last_entry
        from (select a.customer_id union all select m.customer_id from customers m where m.merged_into = a.customer_id) who
        join enrollments e on e.campaign_id = $2 and e.customer_id = who.customer_id) earlier
 order by a.no
