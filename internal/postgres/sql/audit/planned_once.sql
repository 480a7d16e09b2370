-- Every round has one delivery for each wave of its version, and no wave that the version does not know.
select r.enrollment_id from rounds r
  join enrollments e on e.customer_id = r.customer_id and e.entered_at = r.entered_at and e.enrollment_id = r.enrollment_id
  join campaign_versions v on v.version_id = e.version_id
  left join deliveries d on d.customer_id = r.customer_id and d.entered_at = r.entered_at and d.enrollment_id = r.enrollment_id and d.round = r.round
 group by r.customer_id, r.entered_at, r.enrollment_id, r.round, v.version_id
having count(d.delivery_id) <> jsonb_array_length(v.definition -> 'Waves')
