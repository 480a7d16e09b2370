-- What customers of a range said, of each channel and purpose the newest word first; of two at one instant the no.
-- $1 after this id, $2 up to it.
select w.customer_id, w.channel, w.purpose, w.granted, w.at
  from consents w
 where w.customer_id > $1 and w.customer_id <= $2
 order by w.customer_id, w.channel, w.purpose, w.at desc, w.granted
