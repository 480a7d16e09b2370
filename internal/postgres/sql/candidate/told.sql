-- What the shop told of orders beside what was bought, and why something of them came back. $1 order ids.
select o.order_id, coalesce(o.status, ''), coalesce(o.entry_path, ''), o.promised_at, o.delivered_at, o.discount_minor, o.coupon_code is not null as coupon,
       b.reasons, b.at
  from orders o
  cross join lateral (select coalesce(array_agg(r.reason order by r.refunded_at), '{}') as reasons, coalesce(array_agg(r.refunded_at order by r.refunded_at), '{}') as at
                        from refunds r where r.order_id = o.order_id and r.reason is not null) b
 where o.order_id = any($1::bigint[])
