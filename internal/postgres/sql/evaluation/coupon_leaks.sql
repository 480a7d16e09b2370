-- Codes that a design gave and that an order named which they were not for: of somebody else or nobody, before they were given, too late
-- or once more. $1 campaign, $2 design, $3 as of.
-- Rows: one: how many codes. Twice: only reads.
select count(distinct l.code)
  from coupon_leaks l
  join orders o on o.order_id = l.order_id and o.placed_at <= $3
  join coupons c on c.code = l.code and c.bound_at <= $3
  join enrollments e on e.customer_id = c.customer_id and e.enrollment_id between c.enrollment_id and c.enrollment_id -- why: evaluation/observations
 where e.campaign_id = $1 and e.design = $2
