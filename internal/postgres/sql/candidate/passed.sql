-- How many customers there are for a slot after one and up to another, beside those found: whom the rule does not mean, and who entered too lately.
-- $1 campaign, $2 after this id, $3 up to this one (null: all), $4 leave out who entered before, $5 who entered after this instant has to wait
-- (null: nobody), $6 those found bigint[].
with people as (
    select count(*) - cardinality($6::bigint[]) as n
      from customer_features f
     where f.customer_id > $2 and ($3::bigint is null or f.customer_id <= $3)
       -- one by one, by their index: else all who ever entered are gathered for each page
       and not coalesce(case when $4::bool then (select true from enrollments e where e.campaign_id = $1 and e.customer_id = f.customer_id limit 1) end, false)
), entered as (
    select count(distinct e.customer_id) as n
      from enrollments e
      join customer_features f on f.customer_id = e.customer_id
     where e.campaign_id = $1 and e.entered_at > $5::timestamptz and e.customer_id > $2 and ($3::bigint is null or e.customer_id <= $3)
       and not exists (select from unnest($6::bigint[]) x(customer_id) where x.customer_id = e.customer_id)
)
select p.n - e.n, e.n from people p, entered e
