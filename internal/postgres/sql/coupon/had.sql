-- How many codes of a pool customers have ever been given.
-- $1 pool text, $2 customer ids.
-- Rows: customer, codes; a customer without any has none. Twice: only reads.
select customer_id, count(*)
  from coupons
 where customer_id = any($2::bigint[]) and pool = $1
 group by customer_id
