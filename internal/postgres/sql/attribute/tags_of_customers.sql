-- What was said of tags of customers up to an instant, oldest first. $1 customer ids, $2 instant.
-- Rows: one a set of tags, by customer.
select t.customer_id, t.at, t.tags
  from customer_tags t
 where t.customer_id = any($1::bigint[]) and t.at <= $2::timestamptz
 order by t.customer_id, t.at
