-- The stages of one customer.
-- $1 the shop's id, $2 scores.
-- Rows: one where there is such a customer: kept orders (null: merged), since when each stage is in force and which (null: not worked out). Twice: only reads.
select f.orders, s.days, s.stages
  from customers u
  left join customer_features f on f.customer_id = u.customer_id
  left join customer_stages s on s.customer_id = f.customer_id and s.version = f.version and s.scores_id = $2::int
 where u.shop_id = $1
