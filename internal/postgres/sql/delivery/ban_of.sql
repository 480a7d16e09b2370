-- The ban on the address that a delivery's customer has now on its channel. $1 delivery id. Rows: at most one: reason, since when it is on record.
select s.reason, s.recorded_at
  from deliveries d
  join contacts k on k.customer_id = d.customer_id
  join suppressions s on s.channel = d.channel and s.address_hash = case d.channel when 'sms' then k.phone_hash else k.email_hash end
 where d.delivery_id = $1
