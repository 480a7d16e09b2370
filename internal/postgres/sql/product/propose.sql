-- Writes the roles that were proposed, but where the shop gave one.
-- $1 product ids, $2 their roles, $3 why as jsonb in text, $4 business time.
-- Rows: one: how many were written, and how many of them differ from what the product had.
-- Twice: the same is written.
with written as (
    update products k
       set role = n.role, role_reasons = n.reasons::jsonb, role_at = $4
      from unnest($1::bigint[], $2::text[], $3::text[]) n(product_id, role, reasons)
      join products was on was.product_id = n.product_id
     where k.product_id = n.product_id and not k.role_given
    returning was.role is distinct from k.role as differs
)
select count(*), count(*) filter (where differs) from written
