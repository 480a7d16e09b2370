-- What rendering needs of planned deliveries, read without locks; the gate looks again at all that decides.
-- $1 delivery ids, $2 business time (null: now), $3 whether the orders are wanted, $4 to $6 the lane: version, wave, channel,
-- $7 whether the campaign has strata, $8 the currency in which what was spent is wanted (null: it is not), $9 whether those in doubt are meant.
select d.delivery_id, d.customer_id, d.entered_at, u.shop_id, u.first_name, u.last_name, coalesce(u.locale, ''), coalesce(d.variant, ''),
       coalesce(case when $7 then (select e.stratum from enrollments e where e.customer_id = d.customer_id
                                      and e.entered_at = d.entered_at and e.enrollment_id = d.enrollment_id) end, ''),
       d.untaken, coalesce(d.reason, ''), bought.n, bought.last,
       case when $8::text is not null then
           (select sum(o.gross_minor - case when o.refunded_minor = 0 then 0 else
                       (select coalesce(sum(f.amount_minor), 0) from refunds f where f.order_id = o.order_id and f.refunded_at <= coalesce($2::timestamptz, now())) end)::bigint
              from orders o
             where o.customer_id = d.customer_id and o.currency = $8 and o.placed_at <= coalesce($2::timestamptz, now())
               and (o.unkept_at is null or o.unkept_at > coalesce($2::timestamptz, now()))) end
  from deliveries d
  cross join lateral (select c.shop_id, c.first_name, c.last_name, c.locale from customers c where c.customer_id = d.customer_id offset 0) u
  cross join lateral (
      select count(*) as n, max(o.placed_at) as last from orders o
       where $3 and o.customer_id = d.customer_id and o.placed_at <= coalesce($2::timestamptz, now())
         and (o.unkept_at is null or o.unkept_at > coalesce($2::timestamptz, now()))) bought
 where d.delivery_id = any($1) and case when $9 then d.state = 'unknown' else d.due_at is not null end and d.version_id = $4 and d.wave = $5 and d.channel = $6
