-- Takes the customers of a chunk: it serialises the gate with opt-out, suppression, erasure and orders, and with other gates, all of
-- which take the same rows. A customer whom somebody else holds is passed over and asked again later: the others need not wait. The
-- caller holds the locks until it commits. The deliveries themselves are not locked: delivery/decide writes to those only that are
-- still as they were read.
-- $1 customer ids. Rows: one a customer, in their order.
select k.customer_id, k.erased_at is not null, k.merged, coalesce(k.email, ''), coalesce(k.phone, ''), k.email_hash, k.phone_hash
  from contacts k
 where k.customer_id = any ($1)
 order by k.customer_id
   for no key update skip locked
