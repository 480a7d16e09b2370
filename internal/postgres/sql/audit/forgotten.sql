-- Of whoever a person had erased no address, name or attribute came back.
select u.customer_id from acts a
  join customers u on u.shop_id = a.target
  join contacts k on k.customer_id = u.customer_id
 where a.verb = 'erase'
   and (k.erased_at is null or num_nonnulls(k.email, k.phone, u.first_name, u.last_name) > 0
        or exists (select from customer_attributes x where x.customer_id = u.customer_id) or exists (select from customer_tags x where x.customer_id = u.customer_id))
