-- Brings the lines of known orders up to the file: those that differ and those that are not there yet. None is taken
-- away. What was given back of a line that shrank, or is of another product now, is counted again when its refunds are matched.
-- Rows: is_new, one for each line written.
-- Twice: only what differs is written.
with written as (
    insert into order_lines as k (order_id, line_no, product_id, quantity, unit_price, amount_minor)
    select s.order_id, s.line_no, s.product_id, s.quantity, s.unit_price, s.amount_minor
      from import_lines s
      left join order_lines have on have.order_id = s.order_id and have.line_no = s.line_no
     where have.order_id is null
        or (have.product_id, have.quantity, have.unit_price, have.amount_minor) is distinct from (s.product_id, s.quantity, s.unit_price, s.amount_minor)
    on conflict (order_id, line_no) do update
       set product_id = excluded.product_id, quantity = excluded.quantity, unit_price = excluded.unit_price,
           amount_minor = excluded.amount_minor,
           refunded_quantity = case when k.product_id = excluded.product_id then least(k.refunded_quantity, excluded.quantity) else 0 end
    returning order_id, xmax = 0 as is_new
), marked as (
    update import_orders o set changed = true from (select distinct order_id from written) w where w.order_id = o.order_id
)
select is_new from written
