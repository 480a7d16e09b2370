-- Takes the customers of a chunk's deliveries: it serialises the gate with opt-out, suppression, erasure and orders, and with
-- other gates, all of which take the same rows. A customer whom somebody else holds is passed over and asked again later: the
-- others need not wait. $1 delivery ids. The caller holds the locks until it commits.
select customer_id from contacts
 where customer_id = any (array(select d.customer_id from deliveries d where d.delivery_id = any ($1)))
 order by customer_id for no key update skip locked
