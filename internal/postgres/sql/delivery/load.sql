-- What rendering needs of planned deliveries, and what the gate must know of them that does not change while they are as they are: it writes to
-- what is still so, and looks itself at all else. No locks.
-- $1 delivery ids, $2 to $4 the lane: version, wave, channel, $5 whether those in doubt are meant.
select d.delivery_id, d.ctid, d.customer_id, d.entered_at, d.arm, d.skip, coalesce(d.variant, ''), coalesce(d.stratum, ''), d.epoch, coalesce(d.due_at, d.scheduled_at),
       d.scheduled_at, d.expires_at, coalesce(d.reason, ''), d.zone, coalesce(d.trigger_order_id, 0), d.enrollment_id, d.round,
       u.shop_id, u.first_name, u.last_name, coalesce(u.locale, ''), d.untaken
  from deliveries d
  cross join lateral (select c.shop_id, c.first_name, c.last_name, c.locale from customers c where c.customer_id = d.customer_id offset 0) u
 where d.delivery_id = any($1) and case when $5 then d.state = 'unknown' else d.due_at is not null end and d.version_id = $2 and d.wave = $3 and d.channel = $4
