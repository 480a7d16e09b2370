-- Serialises the gate with opt-out, suppression, erasure and orders, which take the same rows. A customer whom somebody else
-- holds is passed over and asked again later: the others need not wait. $1 customer ids.
select customer_id from contacts where customer_id = any($1) order by customer_id for no key update skip locked
