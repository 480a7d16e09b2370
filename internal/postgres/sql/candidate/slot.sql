-- The next page of customers for a slot. $1 campaign (0: never applied), $2 at most so many, $3 customers after this id, $4 leave out who entered before.
select u.customer_id
  from customers u
 where u.customer_id > $3 and u.merged_into is null
   -- one by one, by their index: else all who ever entered are gathered for each page
   and not coalesce(case when $4::bool then (select true from enrollments e where e.campaign_id = $1 and e.customer_id = u.customer_id limit 1) end, false)
 order by u.customer_id
 limit $2
