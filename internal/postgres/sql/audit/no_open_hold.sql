-- Nobody was gated during a complaint or dispute that was known by then, where the campaign holds on it.
select d.delivery_id from deliveries d
  join version_waves w on w.version_id = d.version_id and w.wave = d.wave
 where d.state in ('sending', 'accepted', 'unknown', 'unknown_final')
   and exists (select from holds h where h.customer_id = d.customer_id and w.hold_while ? h.kind and h.opened_at <= d.gate_at
                and (h.closed_at is null or h.closed_at > d.gate_at) and h.recorded_at <= d.claimed_at)
