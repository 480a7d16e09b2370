-- What rendering needs of one customer, as delivery/load.sql reads it of a delivery. $1 customer, $2 instant, $3 currency of what was spent.
select u.shop_id, u.first_name, u.last_name, coalesce(u.locale, ''), bought.n, bought.last,
       (select sum(o.gross_minor - (select coalesce(sum(f.amount_minor), 0) from refunds f where f.order_id = o.order_id and f.refunded_at <= $2)::bigint)::bigint
          from orders o
         where o.customer_id = $1 and o.currency = $3 and o.placed_at <= $2 and (o.unkept_at is null or o.unkept_at > $2))
  from customers u
  cross join lateral (
      select count(*) as n, max(o.placed_at) as last from orders o
       where o.customer_id = $1 and o.placed_at <= $2 and (o.unkept_at is null or o.unkept_at > $2)) bought
 where u.customer_id = $1
