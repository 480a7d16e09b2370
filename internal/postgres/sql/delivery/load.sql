-- What rendering needs of planned deliveries, read without locks; the gate looks again at all that decides.
-- $1 delivery ids, $2 business time (null: now), $3 whether the orders are wanted, $4 to $6 the lane: version, wave, channel.
select d.delivery_id, u.shop_id, u.first_name, u.last_name, coalesce(u.locale, ''), bought.n, bought.last
  from deliveries d
  cross join lateral (select c.shop_id, c.first_name, c.last_name, c.locale from customers c where c.customer_id = d.customer_id offset 0) u
  cross join lateral (
      select count(*) as n, max(o.placed_at) as last from orders o
       where $3 and o.customer_id = d.customer_id and o.placed_at <= coalesce($2::timestamptz, now())
         and (o.unkept_at is null or o.unkept_at > coalesce($2::timestamptz, now()))) bought
 where d.delivery_id = any($1) and d.due_at is not null and d.version_id = $4 and d.wave = $5 and d.channel = $6
