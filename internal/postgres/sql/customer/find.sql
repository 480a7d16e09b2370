-- Customers by the shop's own id. $1 ids.
-- Rows: id asked for, customer, whom they were merged into (0: nobody) and that one's id, whether either was erased. Twice: only reads.
select u.shop_id, u.customer_id, coalesce(m.customer_id, 0), coalesce(m.shop_id, ''), coalesce(r.erased_at, k.erased_at) is not null
  from customers u
  left join customers m on m.customer_id = u.merged_into
  left join contacts k on k.customer_id = u.customer_id
  left join contacts r on r.customer_id = u.merged_into
 where u.shop_id = any ($1::text[])
