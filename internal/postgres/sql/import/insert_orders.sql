-- Inserts the orders nobody knew, in the order of the file, so that their lines come to stand in it too.
-- $1 source text.
-- Rows: one count, of new orders.
-- Twice: find_orders has found them, nothing is inserted.
with numbered as (
    update import_orders
       set order_id = nextval(pg_get_serial_sequence('orders', 'order_id')), is_new = true
     where order_id is null
    returning seq, order_id, shop_order_id, customer_seq, placed_at, currency, gross_minor
), added as (
    insert into orders (order_id, source, shop_order_id, customer_id, placed_at, currency, gross_minor)
    select n.order_id, $1, n.shop_order_id, c.customer_id, n.placed_at, n.currency, n.gross_minor
      from numbered n
      left join import_customers c on c.seq = n.customer_seq
     order by n.seq
    returning 1
)
select count(*) from added
