-- Bans on the addresses of customers of a range, with their instants. $1 after this id, $2 up to it.
select k.customer_id, s.channel, s.at
  from contacts k join suppressions s on s.address_hash = case s.channel when 'sms' then k.phone_hash else k.email_hash end
 where k.customer_id > $1 and k.customer_id <= $2
 order by k.customer_id
