-- Gives the last row of a customer what only earlier rows of the file say.
-- Rows: none. Twice: the same.
update import_customers c
   set email = coalesce(c.email, f.email), email_assumed = case when c.email is null then coalesce(f.email_assumed, false) else c.email_assumed end,
       phone = coalesce(c.phone, f.phone), first_name = coalesce(c.first_name, f.first_name), last_name = coalesce(c.last_name, f.last_name),
       locale = coalesce(c.locale, f.locale), region = coalesce(c.region, f.region), zone = coalesce(c.zone, f.zone)
  from (select shop_id,
               (array_agg(email order by email_assumed, line desc) filter (where email is not null))[1] as email,
               bool_and(email_assumed) filter (where email is not null) as email_assumed,
               (array_agg(phone order by line desc) filter (where phone is not null))[1] as phone,
               (array_agg(first_name order by line desc) filter (where first_name is not null))[1] as first_name,
               (array_agg(last_name order by line desc) filter (where last_name is not null))[1] as last_name,
               (array_agg(locale order by line desc) filter (where locale is not null))[1] as locale,
               (array_agg(region order by line desc) filter (where region is not null))[1] as region,
               (array_agg(zone order by line desc) filter (where zone is not null))[1] as zone
          from import_customers
         where shop_id in (select shop_id from import_customers where not last)
         group by shop_id) f
 where f.shop_id = c.shop_id and c.last
