-- Holds codes while their uses are looked at, and says whose they are: a gate gives none of them away meanwhile.
-- $1 codes.
-- Rows: code, pool, customer (0: free; merged ones as who they are now), from and until when, burnt since, the order that redeemed it
-- (0: none). By code. Twice: only reads and locks.
select c.code, c.pool, coalesce(k.merged_into, c.customer_id, 0), c.bound_at, c.expires_at, c.burnt_at, coalesce(c.redeemed_order_id, 0)
  from coupons c
  left join customers k on k.customer_id = c.customer_id
 where c.code = any($1::text[])
 order by c.code
   for no key update of c
