-- A delivery carries its enrollment's arm, on a service wave that of everybody: treat.
select d.delivery_id from deliveries d
  join enrollments e on e.customer_id = d.customer_id and e.entered_at = d.entered_at and e.enrollment_id = d.enrollment_id
  left join version_waves w on w.version_id = d.version_id and w.wave = d.wave
 where d.arm <> case when w.service then 'treat' else e.arm end
