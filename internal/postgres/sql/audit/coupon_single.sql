-- A delivery was given at most one code.
select min(code) from coupons where customer_id is not null group by customer_id, entered_at, enrollment_id, round, wave having count(*) > 1
