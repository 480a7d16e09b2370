-- The next page of customers who have a date on one of these days of the year: whoever the occasion may be today, and perhaps some
-- whose date was corrected since. $1 campaign (0: never applied), $2 at most so many, $3 customers after this id,
-- $4 leave out who entered before, $5 name of the attribute, $6 months, $7 days.
select distinct a.customer_id
  from unnest($6::int[], $7::int[]) as d(month, day)
  join customer_attributes a on a.kind = 'date' and a.name = $5
   and extract(month from a.date_value) = d.month and extract(day from a.date_value) = d.day
 where a.customer_id > $3
   and exists (select from customers u where u.customer_id = a.customer_id and u.merged_into is null)
   -- one by one, by their index: else all who ever entered are gathered for each page
   and not coalesce(case when $4::bool then (select true from enrollments e where e.campaign_id = $1 and e.customer_id = a.customer_id limit 1) end, false)
 order by a.customer_id
 limit $2
