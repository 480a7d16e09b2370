-- Inserts the products nobody knew, in the order of the file.
-- Rows: one count, of new products.
-- Twice: find_products has found them, nothing is inserted.
with added as (
    insert into products (sku, name, category, price_minor, cost_minor, role, role_given)
    select sku, name, category, price_minor, cost_minor, role, role is not null
      from import_products
     where product_id is null and last
     order by seq
    on conflict (sku) do nothing
    returning product_id, sku
), marked as (
    update import_products p
       set product_id = a.product_id, is_new = true
      from added a
     where a.sku = p.sku
)
select count(*) from added
