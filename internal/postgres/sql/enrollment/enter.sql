-- Enrolls a page of customers: enrollment, first round and its planned deliveries, both arms alike, in one statement.
-- $1 campaign, $2 design, $3 version;
-- enrollments: $4 customer ids, $5 entered_at, $6 entry, $7 arm, $8 layer, $9 u, $10 share held against u in parts per billion, $11 assigned ids,
-- $12 trigger orders (0: none), $13 trigger events (0: none), $14 zones, $15 strata (empty: none), $16 next round (null: none);
-- deliveries: $17 customer ids, $18 entered_at, $19 wave, $20 arm, $21 variant (empty: none), $22 skip, $23 uncapped, $24 channel, $25 scheduled_at, $26 expires_at;
-- $27 of the enrollments: what evaluation.by names (null: none).
-- Safe to run twice: an entry that is there already gets nothing again.
with entered as (
    insert into enrollments (customer_id, entered_at, campaign_id, design, version_id, entry, arm, layer, u, holdout_ppb, assigned_id,
                             trigger_order_id, trigger_event_id, zone, stratum, next_round_at, texts)
    select t.customer_id, t.entered_at, $1, $2, $3, t.entry, t.arm, t.layer, t.u, t.ppb, t.assigned_id,
           nullif(t.trigger_order_id, 0), nullif(t.trigger_event_id, 0), t.zone, nullif(t.stratum, ''), t.next_round_at, t.texts
      from unnest($4::bigint[], $5::timestamptz[], $6::int[], $7::text[], $8::text[], $9::float8[], $10::bigint[], $11::text[],
                  $12::bigint[], $13::bigint[], $14::text[], $15::text[], $16::timestamptz[], $27::jsonb[])
        as t(customer_id, entered_at, entry, arm, layer, u, ppb, assigned_id, trigger_order_id, trigger_event_id, zone, stratum, next_round_at, texts)
    on conflict (campaign_id, customer_id, entered_at) do nothing
    returning customer_id, entered_at, enrollment_id, zone, stratum, trigger_order_id
), begun as (
    insert into rounds (customer_id, entered_at, enrollment_id, round, started_at)
    select customer_id, entered_at, enrollment_id, 1, entered_at from entered
), planned as (
    insert into deliveries (customer_id, entered_at, enrollment_id, round, wave, campaign_id, version_id, arm, variant, skip, uncapped, channel, scheduled_at, due_at, expires_at,
                            zone, stratum, trigger_order_id)
    select e.customer_id, e.entered_at, e.enrollment_id, 1, t.wave, $1, $3, t.arm, nullif(t.variant, ''), t.skip, t.uncapped, t.channel, t.scheduled_at, t.scheduled_at, t.expires_at,
           e.zone, e.stratum, e.trigger_order_id
      from unnest($17::bigint[], $18::timestamptz[], $19::text[], $20::text[], $21::text[], $22::bool[], $23::bool[], $24::text[], $25::timestamptz[], $26::timestamptz[])
        as t(customer_id, entered_at, wave, arm, variant, skip, uncapped, channel, scheduled_at, expires_at)
      join entered e on e.customer_id = t.customer_id and e.entered_at = t.entered_at
)
select count(*) from entered
