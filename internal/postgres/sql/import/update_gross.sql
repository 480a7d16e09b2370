-- Adds the lines of changed orders up again.
-- Rows: none. Twice: only what differs is written.
update orders o
   set gross_minor = l.gross_minor
  from (select order_id, sum(amount_minor)::bigint as gross_minor from order_lines
         where order_id in (select order_id from import_orders where changed) group by order_id) l
 where l.order_id = o.order_id and o.gross_minor <> l.gross_minor
