-- The kept orders of those whose stages are not right, customer by customer, oldest first.
-- $1 scores, $2 currency, $3 after this customer and $4 up to this one, $5 of these alone bigint[] (null: all between). To be planned for its parameters.
-- Rows: a customer, the version of their features, when an order was placed. Twice: only reads.
select f.customer_id, f.version, o.placed_at
  from customer_features f
  join orders o on o.customer_id = f.customer_id
 where f.customer_id > $3::bigint and f.customer_id <= $4::bigint and ($5::bigint[] is null or f.customer_id = any ($5::bigint[]))
   and o.customer_id > $3::bigint and o.customer_id <= $4::bigint and o.currency = $2 and o.unkept_at is null -- said of both, so that both are read in order
   and f.orders > 0 and not exists (select from customer_stages s where s.customer_id = f.customer_id and s.version = f.version and s.scores_id = $1::int)
 order by f.customer_id, o.placed_at
