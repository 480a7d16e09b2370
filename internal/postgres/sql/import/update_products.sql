-- Brings known products up to what the file says of them; what it does not say stays. A role that it says is given from
-- then on, and what was found when one was proposed goes.
-- Rows: the products that changed, and whether their category did.
-- Twice: only what differs is written.
update products k
   set name = coalesce(p.name, k.name), category = coalesce(p.category, k.category),
       price_minor = coalesce(p.price_minor, k.price_minor), cost_minor = coalesce(p.cost_minor, k.cost_minor),
       role = coalesce(p.role, k.role), role_given = k.role_given or p.role is not null,
       role_reasons = case when p.role is null then k.role_reasons end, role_at = case when p.role is null then k.role_at end
  from (select s.*, was.category_id from import_products s join products was on was.product_id = s.product_id) p
 where p.product_id = k.product_id and p.last and not p.is_new
   and (coalesce(p.name, k.name), coalesce(p.category, k.category), coalesce(p.price_minor, k.price_minor), coalesce(p.cost_minor, k.cost_minor),
        coalesce(p.role, k.role), k.role_given or p.role is not null)
       is distinct from (k.name, k.category, k.price_minor, k.cost_minor, k.role, k.role_given)
returning k.product_id, k.category_id is distinct from p.category_id
