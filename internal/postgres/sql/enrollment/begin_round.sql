-- Begins a round for a page of enrollments, exited or not, both arms alike.
-- $1 campaign; rounds: $2 customer ids, $3 entered_at, $4 enrollment ids, $5 round, $6 started_at, $7 next round (null: none);
-- deliveries: $8 customer ids, $9 entered_at, $10 enrollment ids, $11 round, $12 version, $13 wave, $14 arm, $15 variant (empty: none), $16 skip,
-- $17 uncapped, $18 channel, $19 scheduled_at, $20 expires_at.
with begun as (
    insert into rounds (customer_id, entered_at, enrollment_id, round, started_at)
    select * from unnest($2::bigint[], $3::timestamptz[], $4::bigint[], $5::int[], $6::timestamptz[])
    on conflict do nothing
), moved as (
    update enrollments e set rounds_begun = t.round, next_round_at = t.next_round_at
      from unnest($2::bigint[], $3::timestamptz[], $4::bigint[], $5::int[], $7::timestamptz[]) as t(customer_id, entered_at, enrollment_id, round, next_round_at)
     where e.customer_id = t.customer_id and e.entered_at = t.entered_at and e.enrollment_id = t.enrollment_id
)
insert into deliveries (customer_id, entered_at, enrollment_id, round, version_id, wave, arm, variant, skip, uncapped, channel, scheduled_at, due_at, expires_at, campaign_id,
                        zone, stratum, trigger_order_id)
select t.customer_id, t.entered_at, t.enrollment_id, t.round, t.version_id, t.wave, t.arm, nullif(t.variant, ''), t.skip, t.uncapped, t.channel,
       t.scheduled_at, t.scheduled_at, t.expires_at, $1, e.zone, e.stratum, e.trigger_order_id
  from unnest($8::bigint[], $9::timestamptz[], $10::bigint[], $11::int[], $12::int[], $13::text[], $14::text[], $15::text[], $16::bool[], $17::bool[], $18::text[],
              $19::timestamptz[], $20::timestamptz[])
    as t(customer_id, entered_at, enrollment_id, round, version_id, wave, arm, variant, skip, uncapped, channel, scheduled_at, expires_at)
  join enrollments e on e.customer_id = t.customer_id and e.entered_at = t.entered_at and e.enrollment_id = t.enrollment_id
on conflict do nothing
