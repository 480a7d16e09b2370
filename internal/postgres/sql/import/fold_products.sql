-- Gives the last row of a product what only earlier rows of the file say.
-- Rows: none. Twice: the same.
update import_products p
   set name = coalesce(p.name, f.name), category = coalesce(p.category, f.category),
       price_minor = coalesce(p.price_minor, f.price_minor), cost_minor = coalesce(p.cost_minor, f.cost_minor), role = coalesce(p.role, f.role)
  from (select sku,
               (array_agg(name order by line desc) filter (where name is not null))[1] as name,
               (array_agg(category order by line desc) filter (where category is not null))[1] as category,
               (array_agg(price_minor order by line desc) filter (where price_minor is not null))[1] as price_minor,
               (array_agg(cost_minor order by line desc) filter (where cost_minor is not null))[1] as cost_minor,
               (array_agg(role order by line desc) filter (where role is not null))[1] as role
          from import_products
         where sku in (select sku from import_products where not last)
         group by sku) f
 where f.sku = p.sku and p.last
