-- Inserts the customers nobody knew, with identity and contacts row, in the order of the file.
-- Rows: one count, of new customers.
-- Twice: find_customers has found them, nothing is inserted.
with added as (
    insert into customers (shop_id, first_name, last_name, locale, region, zone, first_seen_at)
    select shop_id, first_name, last_name, locale, region, zone, seen_at
      from import_customers
     where customer_id is null and last
     order by seq
    on conflict (shop_id) do nothing
    returning customer_id, shop_id
), named as (
    insert into identities (kind, value, customer_id)
    select 'shop', shop_id, customer_id from added
), reachable as (
    insert into contacts (customer_id, email, phone)
    select a.customer_id, c.email, c.phone
      from added a
      join import_customers c on c.shop_id = a.shop_id and c.last
), marked as (
    update import_customers c
       set customer_id = a.customer_id, is_new = true
      from added a
     where a.shop_id = c.shop_id
)
select count(*) from added
