-- A delivery carries its enrollment's arm, on a service wave that of everybody: treat.
select d.delivery_id from deliveries d
  left join jsonb_to_recordset((select jsonb_agg(to_jsonb(v)) from version_waves v where service)) as w(version_id int, wave text)
         on w.version_id = d.version_id and w.wave = d.wave
  left join (select customer_id, entered_at, enrollment_id, arm from enrollments where arm <> 'treat') e -- the few; all others are treated
         on e.customer_id = d.customer_id and e.entered_at = d.entered_at and e.enrollment_id = d.enrollment_id
 where d.arm <> case when w.wave is not null then 'treat' else coalesce(e.arm, 'treat') end
