-- How many customers there are for a slot after one and up to another.
-- $1 campaign, $2 after this id, $3 up to this one (null: all), $4 leave out who entered before.
select count(*)
  from customer_features f
 where f.customer_id > $2 and ($3::bigint is null or f.customer_id <= $3)
   and not ($4::bool and exists (select from enrollments e where e.campaign_id = $1 and e.customer_id = f.customer_id))
