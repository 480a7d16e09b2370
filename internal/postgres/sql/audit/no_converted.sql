-- Nobody was gated after a kept order that was known by then, where the campaign exits on repurchase or the wave is dropped by it.
select distinct d.delivery_id
  from ( -- after an order at all: few
      select d.delivery_id, d.version_id, d.wave, d.customer_id, d.entered_at, d.enrollment_id, d.claimed_at, o.order_id, o.recorded_at
        from deliveries d
        join orders o on o.customer_id = d.customer_id and o.placed_at > d.entered_at and o.placed_at < d.gate_at
                     and (o.unkept_at is null or o.unkept_at > d.gate_at) and o.recorded_at <= d.claimed_at
       where d.state in ('sending', 'accepted', 'unknown', 'unknown_final')
      offset 0) d
  join jsonb_to_recordset((select jsonb_agg(to_jsonb(v)) from version_waves v where ends_on_order)) as w(version_id int, wave text)
    on w.version_id = d.version_id and w.wave = d.wave
  join enrollments e on e.customer_id = d.customer_id and e.entered_at = d.entered_at and e.enrollment_id = d.enrollment_id
 where d.order_id is distinct from e.trigger_order_id
   and not exists (select from merges m where m.began = d.recorded_at and m.ended > d.claimed_at)
