-- The codes of pools whose uses an import may have changed.
-- $1 order ids: those that named a code now, and those of which something came back; the orders this import changed are added.
-- Rows: codes, in their order. Twice: only reads.
select distinct c.code
  from (select unnest($1::bigint[]) as order_id union select order_id from import_orders where changed or gained) o
  join order_coupons u on u.order_id = o.order_id
  join coupons c on c.code = u.code
 order by c.code
