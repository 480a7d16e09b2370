-- Locks every customer who has the address that a delivery goes to, and the one whom its customer was merged into. $1 delivery id.
select k.customer_id
  from contacts k
 where k.customer_id in (
       select same.customer_id
         from deliveries d
         join customers u on u.customer_id = d.customer_id
         join contacts c on c.customer_id in (u.customer_id, u.merged_into)
         join contacts same on same.customer_id = c.customer_id
              or case d.channel when 'sms' then same.phone_hash = c.phone_hash else same.email_hash = c.email_hash end
        where d.delivery_id = $1)
 order by k.customer_id
   for no key update
