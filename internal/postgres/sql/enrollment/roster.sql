-- The final enrollments of a point: whom it asks about and from when on, and nothing of what they did.
-- $1 to $5 as evaluation/observations, $6 window and $7 return window in seconds, $8 as of.
-- Rows: arm, shop's id of the customer, anchor, the shop's id of the order that brought them in ('': none), by arm, customer and anchor.
-- Twice: only reads.
select a.arm, k.shop_id, a.anchor, coalesce(o.shop_order_id, '')
  from point_anchors($1, $2, $3, $4, $5, $8) a
  join customers k on k.customer_id = a.customer_id
  left join orders o on o.order_id = a.trigger_order_id
 where a.anchor + make_interval(secs => $6::double precision + $7::double precision) + interval '24 hours' <= $8
 order by 1, 2, 3
