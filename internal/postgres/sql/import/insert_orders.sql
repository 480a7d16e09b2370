-- Inserts the orders nobody knew, in the order of the file, so that their lines come to stand in it too.
-- $1 source text.
-- Rows: none; the command tag counts.
-- Twice: find_orders has found them, nothing is inserted.
insert into orders (order_id, source, shop_order_id, customer_id, placed_at, currency, gross_minor,
                    status, entry_path, promised_at, delivered_at, discount_minor, coupon_code)
select s.order_id, $1, s.shop_order_id, c.customer_id, s.placed_at, s.currency, s.gross_minor,
       s.status, s.entry_path, s.promised_at, s.delivered_at, s.discount_minor, s.coupon_code
  from import_orders s
  left join import_customers c on c.seq = s.customer_seq
 where s.is_new
 order by s.seq
