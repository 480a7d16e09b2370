-- Gives staged orders the ids of those that are known.
-- $1 source text.
-- Rows: none.
update import_orders s
   set order_id = o.order_id
  from orders o
 where o.source = $1 and o.shop_order_id = s.shop_order_id
