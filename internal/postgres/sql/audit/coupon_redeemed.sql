-- A code was redeemed by an order of its own customer that names it, within its time; every other kept order that names one is a leak.
select c.code from coupons c
  join orders o on o.order_id = c.redeemed_order_id
  left join customers b on b.customer_id = o.customer_id
  left join customers k on k.customer_id = c.customer_id
 where coalesce(b.merged_into, o.customer_id) is distinct from coalesce(k.merged_into, c.customer_id)
    or o.placed_at < c.bound_at or o.placed_at >= c.expires_at
    or not exists (select from order_coupons u where u.order_id = o.order_id and u.code = c.code)
union
select c.code from order_coupons u
  join coupons c on c.code = u.code
  join orders o on o.order_id = u.order_id
 where o.unkept_at is null and c.redeemed_order_id is distinct from u.order_id
   and not exists (select from coupon_leaks l where l.code = u.code and l.order_id = u.order_id)
