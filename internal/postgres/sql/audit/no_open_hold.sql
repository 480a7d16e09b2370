-- Nobody was gated during a complaint or dispute that was known by then, where the campaign holds on it.
select distinct d.delivery_id
  from ( -- during any: few
      select d.delivery_id, d.version_id, d.wave, h.kind
        from deliveries d
        join holds h on h.customer_id = d.customer_id and h.opened_at <= d.gate_at and (h.closed_at is null or h.closed_at > d.gate_at) and h.recorded_at <= d.claimed_at
       where d.state in ('sending', 'accepted', 'unknown', 'unknown_final')
      offset 0) d
  join jsonb_to_recordset((select jsonb_agg(to_jsonb(v)) from version_waves v)) as w(version_id int, wave text, hold_while jsonb)
    on w.version_id = d.version_id and w.wave = d.wave and w.hold_while ? d.kind
