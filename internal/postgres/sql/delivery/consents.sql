-- The newest word of customers on each channel and purpose. $1 customer ids, $2 channels, $3 purposes, $4 business time.
select distinct on (customer_id, channel, purpose) customer_id, channel, purpose, granted
  from consents
 where customer_id = any ($1) and channel = any ($2::text[]) and purpose = any ($3::text[]) and at <= $4::timestamptz
 order by customer_id, channel, purpose, at desc, granted
