-- A treated delivery is skipped if and only if its lot, drawn anew in each round, lies below the share of its design.
with skipping as (
    select v.version_id, w.wave, v.design, c.name, (g.skips ->> w.wave)::bigint / 1e9::float8 as share
      from campaign_versions v
      join campaigns c on c.campaign_id = v.campaign_id
      join campaign_designs g on g.campaign_id = v.campaign_id and g.design = v.design
      join version_waves w on w.version_id = v.version_id
     where not w.service and (g.skips ->> w.wave)::bigint > 0
)
select d.delivery_id from deliveries d
 where d.skip and not exists (select from skipping s where s.version_id = d.version_id and s.wave = d.wave)
union all
select d.delivery_id from deliveries d
  join skipping s on s.version_id = d.version_id and s.wave = d.wave
  join enrollments e on e.customer_id = d.customer_id and e.entered_at = d.entered_at and e.enrollment_id = d.enrollment_id
 where d.skip is distinct from (
       d.arm = 'treat' and e.arm = 'treat'
       and s.share > (
           select (('x' || encode(substring(sha256(convert_to('rt1|w|' || s.name || '|' || s.design
                    || case when e.layer like '%|c' || e.entry then '|e' || e.entry else '' end
                    || '|c' || d.round || '|w' || d.wave || '|' || e.assigned_id, 'UTF8')) from 1 for 8), 'hex'))::bit(64) >> 11)::bit(64)::bigint
                  / 9007199254740992::float8))
