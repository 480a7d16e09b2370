-- Notes on order lines how many units came back.
-- $1 order_id bigint[], $2 line_no int[], $3 refunded_quantity int[].
-- Rows: none. Twice: only what differs is written.
update order_lines l
   set refunded_quantity = x.refunded
  from unnest($1::bigint[], $2::int[], $3::int[]) as x(order_id, line_no, refunded)
 where l.order_id = x.order_id and l.line_no = x.line_no and l.refunded_quantity <> x.refunded
