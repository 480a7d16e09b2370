-- Locks everybody who has the address of one of these customers on a channel, in customer order, as the gate locks. $1 customers.
select k.customer_id
  from contacts k
 where k.customer_id in (
       select same.customer_id
         from contacts c join contacts same on same.customer_id = c.customer_id or same.email_hash = c.email_hash or same.phone_hash = c.phone_hash
        where c.customer_id = any ($1::bigint[]))
 order by k.customer_id
   for no key update
