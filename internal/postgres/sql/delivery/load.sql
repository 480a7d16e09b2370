-- What rendering needs of planned deliveries, and what the gate must know of them that does not change while they are as they are: it writes to
-- what is still so, and looks itself at all else. No locks.
-- $1 delivery ids, $2 business time (null: now), $3 whether the orders are wanted, $4 to $6 the lane: version, wave, channel,
-- $7 the currency in which what was spent is wanted (null: it is not), $8 whether those in doubt are meant.
select d.delivery_id, d.ctid, d.customer_id, d.entered_at, d.arm, d.skip, coalesce(d.variant, ''), coalesce(e.stratum, ''), d.epoch, coalesce(d.due_at, d.scheduled_at),
       d.scheduled_at, d.expires_at, coalesce(d.reason, ''), e.zone, coalesce(e.trigger_order_id, 0),
       u.shop_id, u.first_name, u.last_name, coalesce(u.locale, ''), d.untaken, bought.n, bought.last,
       case when $7::text is not null then
           (select sum(o.gross_minor - case when o.refunded_minor = 0 then 0 else
                       (select coalesce(sum(f.amount_minor), 0) from refunds f where f.order_id = o.order_id and f.refunded_at <= coalesce($2::timestamptz, now())) end)::bigint
              from orders o
             where o.customer_id = d.customer_id and o.currency = $7 and o.placed_at <= coalesce($2::timestamptz, now())
               and (o.unkept_at is null or o.unkept_at > coalesce($2::timestamptz, now()))) end
  from deliveries d
  join enrollments e on e.customer_id = d.customer_id and e.entered_at = d.entered_at and e.enrollment_id = d.enrollment_id
  cross join lateral (select c.shop_id, c.first_name, c.last_name, c.locale from customers c where c.customer_id = d.customer_id offset 0) u
  cross join lateral (
      select count(*) as n, max(o.placed_at) as last from orders o
       where $3 and o.customer_id = d.customer_id and o.placed_at <= coalesce($2::timestamptz, now())
         and (o.unkept_at is null or o.unkept_at > coalesce($2::timestamptz, now()))) bought
 where d.delivery_id = any($1) and case when $8 then d.state = 'unknown' else d.due_at is not null end and d.version_id = $4 and d.wave = $5 and d.channel = $6
