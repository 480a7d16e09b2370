-- A treated delivery is skipped if and only if its lot, drawn anew in each round, lies below the share of its design.
select d.delivery_id from deliveries d
  join enrollments e on e.customer_id = d.customer_id and e.entered_at = d.entered_at and e.enrollment_id = d.enrollment_id
  join campaigns c on c.campaign_id = d.campaign_id
  join campaign_versions v on v.version_id = d.version_id
  join campaign_designs g on g.campaign_id = e.campaign_id and g.design = v.design
 where d.skip is distinct from (
       d.arm = 'treat' and e.arm = 'treat' and not exists (select from version_waves w where w.version_id = d.version_id and w.wave = d.wave and w.service)
       and coalesce((g.skips ->> d.wave)::bigint / 1e9::float8 > (
           select (('x' || encode(substring(sha256(convert_to('rt1|w|' || c.name || '|' || v.design
                    || case when e.layer like '%|c' || e.entry then '|e' || e.entry else '' end
                    || '|c' || d.round || '|w' || d.wave || '|' || e.assigned_id, 'UTF8')) from 1 for 8), 'hex'))::bit(64) >> 11)::bit(64)::bigint
                  / 9007199254740992::float8), false))
