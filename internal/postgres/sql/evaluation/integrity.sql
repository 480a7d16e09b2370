-- What may have mixed the arms of a point. $1 to $5 as evaluation/observations, $6 window and $7 return window in seconds, $8 as of;
-- $9 and $10 are its $18 and $19.
-- held: final enrollments of the holdout. contaminated: of these, who before the window closed ordered with a code of this design that
-- was not a gift of an earlier entry of their own, or shares an address with a treated customer to whom a message went by then.
-- ghosts due: of everyone held out, whose message of the anchor (for entry the round's first, for end its last) has expired, or where
-- no row tells when, that of everyone else has; lost: of these, without a row, or still planned a day later.
-- Rows: one. Twice: only reads.
with held as materialized (
    select a.*, a.anchor + make_interval(secs => $6) as closes,
           coalesce(a.anchor + make_interval(secs => $6 + $7) + interval '24 hours' <= $8, false) as final
      from point_anchors($1, $2, $3, $4, $5, $8) a
     where a.arm = 'hold' and ($9::timestamptz is null or a.entered_at >= $9) and ($10::timestamptz is null or a.entered_at < $10)
), code as (
    select c.code, c.customer_id, c.enrollment_id, c.redeemed_order_id
      from coupons c
      join enrollments e on e.customer_id = c.customer_id and e.enrollment_id between c.enrollment_id and c.enrollment_id -- why: evaluation/observations
     where c.bound_at <= $8 and e.campaign_id = $1 and e.design = $2
), used as (
    select u.order_id, c.customer_id, c.enrollment_id from code c join order_coupons u on u.code = c.code
    union
    select redeemed_order_id, customer_id, enrollment_id from code where redeemed_order_id is not null
), reached as (
    select h.enrollment_id, h.round
      from used u
      join orders o on o.order_id = u.order_id
      join held h on h.customer_id = o.customer_id and o.placed_at >= h.entered_at and o.placed_at < h.closes and o.placed_at <= $8
       and (u.customer_id <> h.customer_id or u.enrollment_id = h.enrollment_id)
     where h.final
    union
    select s.enrollment_id, s.round
      from (select h.enrollment_id, h.round, h.entered_at, h.closes, t.customer_id, false as by_text
              from held h join contacts k on k.customer_id = h.customer_id join contacts t on t.email_hash = k.email_hash and t.customer_id <> k.customer_id
             where h.final and (select count(*) from (select from contacts x where x.email_hash = k.email_hash limit 11) x) <= 10
             union
            select h.enrollment_id, h.round, h.entered_at, h.closes, t.customer_id, true as by_text
              from held h join contacts k on k.customer_id = h.customer_id join contacts t on t.phone_hash = k.phone_hash and t.customer_id <> k.customer_id
             where h.final and (select count(*) from (select from contacts x where x.phone_hash = k.phone_hash limit 11) x) <= 10) s
      join enrollments e on e.customer_id = s.customer_id and e.campaign_id = $1 and e.design = $2 and e.arm = 'treat'
      join deliveries d on d.customer_id = e.customer_id and d.entered_at = e.entered_at and d.enrollment_id = e.enrollment_id
       and d.state = 'accepted' and (d.channel = 'sms') = s.by_text and d.gate_at >= s.entered_at and d.gate_at < s.closes and d.gate_at <= $8
), ghost as (
    -- An enrollment whose version does not have the wave never had a ghost to lose.
    select h.entered_at, d.state, d.expires_at
      from held h
      left join lateral (
           select d.state, d.expires_at from deliveries d
            where d.customer_id = h.customer_id and d.entered_at = h.entered_at and d.enrollment_id = h.enrollment_id and d.round = h.round
              and ($3 <> 'wave' or d.wave = $4)
            order by extract(epoch from d.scheduled_at) * case $3 when 'end' then -1 else 1 end
            limit 1) d on true
     where d.state is not null or $3 <> 'wave' or exists (
           select from enrollments e join version_waves v on v.version_id = e.version_id
            where e.customer_id = h.customer_id and e.entered_at = h.entered_at and e.enrollment_id = h.enrollment_id and v.wave = $4)
), due as (
    select state, expires_at
      from ghost
     where coalesce(expires_at, entered_at + coalesce((select max(g.expires_at - g.entered_at) from ghost g), interval '0')) <= $8
)
select (select count(*) from held where final), (select count(*) from reached),
       (select count(*) from due), (select count(*) from due where state is null or state = 'planned' and expires_at + interval '24 hours' <= $8)
