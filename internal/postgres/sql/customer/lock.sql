-- Locks customers with those who were merged into them and all who have an address of theirs, in customer order, as gates and
-- opt-outs do: whoever read the old state has decided before. $1 customer ids.
-- Rows: the customers themselves and those merged into them. Twice: only locks.
with ours as (
    select u.customer_id from customers u where u.customer_id = any ($1::bigint[]) or u.merged_into = any ($1)
), held as materialized (
    select k.customer_id
      from contacts k
     where k.customer_id in (
           select o.customer_id from ours o
           union all
           select same.customer_id from ours o join contacts c on c.customer_id = o.customer_id join contacts same on same.email_hash = c.email_hash
           union all
           select same.customer_id from ours o join contacts c on c.customer_id = o.customer_id join contacts same on same.phone_hash = c.phone_hash)
     order by k.customer_id
       for no key update
)
select o.customer_id from ours o where (select count(*) from held) >= 0 order by 1
