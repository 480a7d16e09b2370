-- Gives staged rows the products that are known, and marks the last row of each.
-- Rows: none.
update import_products p
   set product_id = k.product_id, last = p.line = newest.line
  from (select sku, max(line) as line from import_products group by sku) newest
  left join products k on k.sku = newest.sku
 where newest.sku = p.sku
