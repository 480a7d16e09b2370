-- Nothing passed a gate later than 5 s after everything, or its channel, was put on hold, until that was released.
with held as ( -- of each target, and of all under their own name: one set of spans, however often it was held
    select t.target, range_agg(tstzrange(h.at + interval '5 s', greatest(h.at + interval '5 s',
               (select coalesce(min(r.at), 'infinity') from acts r where r.verb = 'release' and r.target = h.target and r.act_id > h.act_id)), '()')) as spans
      from (select distinct target from acts where verb = 'hold') t
      join acts h on h.verb = 'hold' and h.target in ('all', t.target)
     group by t.target
)
select d.delivery_id
  from deliveries d
  left join held h on h.target = d.channel
 where d.state in ('sending', 'accepted', 'failed', 'unknown', 'unknown_final')
   and d.claimed_at <@ coalesce(h.spans, (select spans from held where target = 'all'))
