-- Enrolls a page of customers: enrollment, first round and its planned deliveries, both arms alike, in one statement.
-- $1 campaign, $2 design, $3 version, $4 holdout in parts per billion;
-- enrollments: $5 customer ids, $6 entered_at, $7 entry, $8 arm, $9 layer, $10 u, $11 assigned ids, $12 trigger orders (0: none), $13 zones, $14 next round (null: none);
-- deliveries: $15 customer ids, $16 entered_at, $17 wave, $18 channel, $19 scheduled_at, $20 expires_at.
-- Safe to run twice: an entry that is there already gets nothing again.
with entered as (
    insert into enrollments (customer_id, entered_at, campaign_id, design, version_id, entry, arm, layer, u, holdout_ppb, assigned_id, trigger_order_id, zone, next_round_at)
    select t.customer_id, t.entered_at, $1, $2, $3, t.entry, t.arm, t.layer, t.u, $4, t.assigned_id, nullif(t.trigger_order_id, 0), t.zone, t.next_round_at
      from unnest($5::bigint[], $6::timestamptz[], $7::int[], $8::text[], $9::text[], $10::float8[], $11::text[], $12::bigint[], $13::text[], $14::timestamptz[])
        as t(customer_id, entered_at, entry, arm, layer, u, assigned_id, trigger_order_id, zone, next_round_at)
    on conflict (campaign_id, customer_id, entered_at) do nothing
    returning customer_id, entered_at, enrollment_id, arm
), begun as (
    insert into rounds (customer_id, entered_at, enrollment_id, round, started_at)
    select customer_id, entered_at, enrollment_id, 1, entered_at from entered
), planned as (
    insert into deliveries (customer_id, entered_at, enrollment_id, round, wave, campaign_id, version_id, arm, channel, scheduled_at, due_at, expires_at)
    select e.customer_id, e.entered_at, e.enrollment_id, 1, t.wave, $1, $3, e.arm, t.channel, t.scheduled_at, t.scheduled_at, t.expires_at
      from unnest($15::bigint[], $16::timestamptz[], $17::text[], $18::text[], $19::timestamptz[], $20::timestamptz[])
        as t(customer_id, entered_at, wave, channel, scheduled_at, expires_at)
      join entered e on e.customer_id = t.customer_id and e.entered_at = t.entered_at
)
select count(*) from entered
