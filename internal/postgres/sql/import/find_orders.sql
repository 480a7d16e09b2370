-- Gives staged orders that are known their ids; all others stay new.
-- $1 source text.
-- Rows: seq and order_id of the known.
update import_orders s
   set order_id = o.order_id, is_new = false
  from orders o
 where o.source = $1 and o.shop_order_id = s.shop_order_id
returning s.seq, s.order_id
