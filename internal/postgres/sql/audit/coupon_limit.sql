-- No customer was given more codes of a pool than it allows.
select min(c.code) from coupons c join coupon_pools p using (pool)
 where c.customer_id is not null group by c.pool, p.per_customer, c.customer_id having count(*) > p.per_customer
