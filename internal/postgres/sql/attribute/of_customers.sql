-- What was said of attributes of customers up to an instant, oldest first.
-- $1 customer ids, $2 names text[], $3 instant.
-- Rows: one a value, by customer.
select a.customer_id, a.name, a.at, a.kind, a.text_value, a.number_value, a.date_value, a.truth_value
  from customer_attributes a
 where a.customer_id = any($1::bigint[]) and a.name = any($2::text[]) and a.at <= $3::timestamptz
 order by a.customer_id, a.at, a.name
