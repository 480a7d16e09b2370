-- No code was given to a holdout, to a ghost, or without a gate.
select c.code from coupons c
  join deliveries d on d.customer_id = c.customer_id and d.entered_at = c.entered_at and d.enrollment_id = c.enrollment_id and d.round = c.round and d.wave = c.wave
 where d.arm <> 'treat' or d.state = 'withheld' or d.gate_at is null
