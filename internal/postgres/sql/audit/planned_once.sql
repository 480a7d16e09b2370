-- Every round has one delivery for each wave of its version, and no wave that the version does not know.
-- A round has no wave twice (the primary key). So where a version's waves have as many deliveries each, and all versions together one of each wave for
-- every round, none is missing, and nobody need look round by round.
with of_waves as (
    select d.version_id, d.wave, d.n, w.wave is null as unknown
      from (select version_id, wave, count(*) as n from deliveries group by 1, 2) d
      full join jsonb_to_recordset((select jsonb_agg(to_jsonb(v)) from version_waves v)) as w(version_id int, wave text)
           using (version_id, wave)
), of_versions as (
    select version_id, min(coalesce(n, 0)) as least, max(n) as most, bool_or(unknown) as unknown from of_waves group by 1
)
select r.enrollment_id from rounds r
  join enrollments e on e.customer_id = r.customer_id and e.entered_at = r.entered_at and e.enrollment_id = r.enrollment_id
  join campaign_versions v on v.version_id = e.version_id
  left join deliveries d on d.customer_id = r.customer_id and d.entered_at = r.entered_at and d.enrollment_id = r.enrollment_id and d.round = r.round
 where (select coalesce(bool_or(unknown or least <> most), false) or coalesce(sum(most), 0) <> (select count(*) from rounds) from of_versions)
 group by r.customer_id, r.entered_at, r.enrollment_id, r.round, v.version_id
having count(d.delivery_id) <> jsonb_array_length(v.definition -> 'Waves')
