-- Gives the last row of a product the defaults for what neither the file nor the database says.
-- $1 name text, $2 category text, $3 price_minor bigint, $4 cost_minor bigint, $5 role text; null: no default.
-- Rows: none. Twice: the same.
update import_products p
   set name = coalesce(p.name, case when k.name is null then $1::text end),
       category = coalesce(p.category, case when k.category is null then $2::text end),
       price_minor = coalesce(p.price_minor, case when k.price_minor is null then $3::bigint end),
       cost_minor = coalesce(p.cost_minor, case when k.cost_minor is null then $4::bigint end),
       role = coalesce(p.role, case when k.role is null then $5::text end)
  from import_products s
  left join products k on k.product_id = s.product_id
 where s.seq = p.seq and p.last
