-- Nobody was gated after a kept order that was known by then, where the campaign exits on repurchase or the wave is dropped by it.
select d.delivery_id from deliveries d
  join version_waves w on w.version_id = d.version_id and w.wave = d.wave
  join enrollments e on e.customer_id = d.customer_id and e.entered_at = d.entered_at and e.enrollment_id = d.enrollment_id
 where d.state in ('sending', 'accepted', 'unknown', 'unknown_final') and w.ends_on_order
   and exists (select from orders o where o.customer_id = d.customer_id and o.order_id is distinct from e.trigger_order_id and o.placed_at > d.entered_at and o.placed_at < d.gate_at
                and (o.unkept_at is null or o.unkept_at > d.gate_at)
                and coalesce((select m.ended from merges m where m.began = o.recorded_at), o.recorded_at) <= d.claimed_at)
