-- Gives the last row of a customer the defaults for what neither the file nor the database says.
-- $1 email, $2 phone, $3 first_name, $4 last_name, $5 locale, $6 region, $7 zone, all text; null: no default.
-- Rows: none. Twice: the same.
update import_customers c
   set email = coalesce(c.email, case when t.email is null then $1::text end), phone = coalesce(c.phone, case when t.phone is null then $2::text end),
       first_name = coalesce(c.first_name, case when k.first_name is null then $3::text end),
       last_name = coalesce(c.last_name, case when k.last_name is null then $4::text end),
       locale = coalesce(c.locale, case when k.locale is null then $5::text end),
       region = coalesce(c.region, case when k.region is null then $6::text end),
       zone = coalesce(c.zone, case when k.zone is null then $7::text end)
  from import_customers s
  left join customers k on k.customer_id = s.customer_id
  left join contacts t on t.customer_id = s.customer_id
 where s.seq = c.seq and c.last
