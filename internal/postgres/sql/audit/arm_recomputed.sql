-- The stored arm is what layer, id and share give: left-closed, u below the share is held out, of everything on the global layer.
select e.enrollment_id from enrollments e
 where (e.arm <> 'treat') is distinct from (e.u < e.holdout_ppb / 1e9::float8) or (e.arm = 'global_hold') is distinct from (e.layer like 'g|%')
    or e.u is distinct from (
        select (('x' || encode(substring(sha256(convert_to('rt1|' || e.layer || '|' || e.assigned_id, 'UTF8')) from 1 for 8), 'hex'))::bit(64) >> 11)::bit(64)::bigint
               / 9007199254740992::float8)
