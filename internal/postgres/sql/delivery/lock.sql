-- Takes the customers of a chunk's deliveries: it serialises the gate with opt-out, suppression, erasure and orders, and with
-- other gates, all of which take the same rows. A customer whom somebody else holds is passed over and asked again later: the
-- others need not wait. $1 delivery ids. The caller holds the locks until it commits.
select d.delivery_id, d.customer_id
  from deliveries d join contacts k on k.customer_id = d.customer_id
 where d.delivery_id = any ($1)
 order by d.customer_id, d.delivery_id
   for no key update of k skip locked
