-- Gives the last row of a customer the default attributes of which neither the file nor the database says anything.
-- $1 jsonb, as import_customers.attributes.
-- Rows: none. Twice: the same.
with stated as (
    select distinct c.shop_id, a.name from import_customers c cross join lateral jsonb_object_keys(c.attributes) a (name)
), unknown as (
    select c.seq, jsonb_object_agg(d.key, d.value) as attributes
      from import_customers c
     cross join jsonb_each($1::jsonb) d
     where c.last and not exists (select from stated s where s.shop_id = c.shop_id and s.name = d.key)
       and not exists (select from customer_attributes k where k.customer_id = c.customer_id and k.name = d.key)
     group by c.seq
)
update import_customers c
   set attributes = coalesce(c.attributes, '{}') || u.attributes
  from unknown u
 where u.seq = c.seq
