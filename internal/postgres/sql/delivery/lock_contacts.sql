-- Serialises the gate with opt-out, suppression and erasure, which take the same rows. $1 customer ids.
select customer_id from contacts where customer_id = any($1) order by customer_id for no key update
