-- Takes out the rows that are not right, of whoever was merged or has no orders left too.
-- $1 scores, $2 after this customer and $3 up to this one, $4 of these alone bigint[] (null: all between). To be planned for its parameters.
-- Rows: none. Twice: there are none left.
delete from customer_stages s
 where s.customer_id > $2::bigint and s.customer_id <= $3::bigint and ($4::bigint[] is null or s.customer_id = any ($4::bigint[]))
   and not exists (select from customer_features f where f.customer_id = s.customer_id and f.version = s.version and f.orders > 0 and s.scores_id = $1::int)
