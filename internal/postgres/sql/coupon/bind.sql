-- Gives codes to deliveries of a wave, one each. The caller holds the codes, since when they stand where they stood, the deliveries and their
-- customers. A trigger refuses what is no delivery of somebody treated, and adds up what the codes bind.
-- $1 codes, $2 where they stand, of the deliveries $3 customers, $4 entered_at, $5 enrollments, $6 rounds; $7 wave, $8 business time,
-- $9 end (null: none).
-- Rows: none; the command tag counts. Twice: a bound code is not free any more.
update coupons c
   set customer_id = a.customer_id, entered_at = a.entered_at, enrollment_id = a.enrollment_id, round = a.round, wave = $7, bound_at = $8, expires_at = $9
  from (select t.code, t.place, t.customer_id, t.entered_at, t.enrollment_id, t.round
          from unnest($1::text[], $2::tid[], $3::bigint[], $4::timestamptz[], $5::bigint[], $6::int[])
            as t(code, place, customer_id, entered_at, enrollment_id, round) offset 0) a
 where c.ctid = a.place and c.code = a.code and c.bound_at is null and c.burnt_at is null
