-- How many codes of a pool customers have ever been given, with those merged into them.
-- $1 pool text, $2 customer ids.
-- Rows: customer, codes; a customer without any has none. Twice: only reads.
select coalesce((select m.merged_into from customers m where m.customer_id = c.customer_id and m.merged_into is not null), c.customer_id), count(*)
  from coupons c
 where c.customer_id = any($2::bigint[] || array(select m.customer_id from customers m where m.merged_into = any($2))) and c.pool = $1
 group by 1
