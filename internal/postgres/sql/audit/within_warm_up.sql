-- No channel that warms up had more promotions in a day than it may have. Days that overlap, because the shop moved to another zone, are left out.
select c.day || ' ' || c.channel
  from channel_days c
 where c.allowed < (select count(*) from deliveries d join version_waves w on w.version_id = d.version_id and w.wave = d.wave
                     where d.channel = c.channel and d.gate_at between c.since and c.last and not w.service
                       and d.state in ('sending', 'accepted', 'failed', 'unknown', 'unknown_final'))
   and not exists (select from channel_days o where o.channel = c.channel and o.day <> c.day and o.since <= c.last and o.last >= c.since)
