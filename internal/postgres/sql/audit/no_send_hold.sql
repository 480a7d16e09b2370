-- Nothing passed a gate later than 5 s after everything, or its channel, was put on hold, until that was released.
select d.delivery_id
  from deliveries d
  join acts h on h.verb = 'hold' and h.target in ('all', d.channel) and d.claimed_at > h.at + interval '5 s'
 where d.state in ('sending', 'accepted', 'failed', 'unknown', 'unknown_final')
   and not exists (select from acts r where r.verb = 'release' and r.target = h.target and r.act_id > h.act_id and r.at <= d.claimed_at)
