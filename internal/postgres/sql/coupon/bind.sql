-- Gives codes to deliveries, one each. The caller holds the codes, the deliveries and their customers. Nobody in a holdout is given one.
-- $1 codes, $2 delivery ids, $3 their customers, $4 their entered_at, $5 business time, $6 end (null: none).
-- Rows: none; the command tag counts. Twice: a bound code is not free any more.
-- Written with coalesce so that codes are found by themselves and not by going through all free ones.
update coupons c
   set customer_id = d.customer_id, entered_at = d.entered_at, enrollment_id = d.enrollment_id, round = d.round, wave = d.wave,
       bound_at = $5, expires_at = $6
  from unnest($1::text[], $2::bigint[], $3::bigint[], $4::timestamptz[]) as a(code, delivery_id, customer_id, entered_at)
  join deliveries d on d.delivery_id = a.delivery_id and d.customer_id = a.customer_id and d.entered_at = a.entered_at and d.arm = 'treat'
 where c.code = a.code and coalesce(c.bound_at, c.burnt_at) is null
