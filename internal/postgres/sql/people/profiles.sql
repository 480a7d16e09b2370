-- Customers of a range by id, those who live on under another left out. $1 after this id, $2 up to it.
select u.customer_id, u.shop_id, u.first_name, u.last_name, coalesce(u.locale, ''), coalesce(u.region, ''), coalesce(u.zone, ''), u.first_seen_at,
       k.erased_at is not null as erased, coalesce(k.email, '') as email, coalesce(k.phone, '') as phone
  from customers u
  left join contacts k on k.customer_id = u.customer_id and k.customer_id > $1 and k.customer_id <= $2
 where u.customer_id > $1 and u.customer_id <= $2 and u.merged_into is null
 order by u.customer_id
