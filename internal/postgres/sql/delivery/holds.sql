-- What is open of customers at an instant, the first by name. $1 customer ids, $2 instant, $3 kinds that matter.
select customer_id, min(kind)
  from holds
 where customer_id = any($1) and kind = any($3::text[]) and opened_at <= $2::timestamptz and (closed_at is null or closed_at > $2::timestamptz)
 group by customer_id
