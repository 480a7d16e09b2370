-- The codes of pools whose uses an import may have changed.
-- $1 order ids: those that named a code now, and those of which something came back; the orders this import changed are added.
-- Rows: codes, in their order. Twice: only reads.
select distinct c.code
  from order_coupons u
  join coupons c on c.code = u.code
 where u.order_id = any($1::bigint[]) or u.order_id in (select order_id from import_orders where changed or gained)
 order by c.code
