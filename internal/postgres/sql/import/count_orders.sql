-- How the file's orders stand after the merge.
-- Rows: one: new, changed, unchanged, of guests, not kept, earliest, latest.
select count(*) filter (where s.is_new), count(*) filter (where s.changed or s.retold),
       count(*) filter (where not s.is_new and not s.changed and not s.retold),
       count(*) filter (where o.customer_id is null), count(*) filter (where o.unkept_at is not null), min(o.placed_at), max(o.placed_at)
  from import_orders s
  join orders o on o.order_id = s.order_id
