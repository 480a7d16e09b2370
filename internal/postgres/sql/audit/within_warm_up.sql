-- No channel that warms up had more promotions in a day than it may have. Days that overlap, because the shop moved to another zone, are left out.
select d.day || ' ' || d.channel
  from ( -- by the days of UTC it lies in, so that a delivery is held against its own day only
      select d.version_id, d.wave, c.channel, c.day, c.allowed
        from (select c.*, generate_series(c.since::date, c.last::date, interval '1 day')::date as utc
                from channel_days c
               where not exists (select from channel_days o where o.channel = c.channel and o.day <> c.day and o.since <= c.last and o.last >= c.since)) c
        join deliveries d on d.channel = c.channel and d.gate_at::date = c.utc and d.gate_at between c.since and c.last
       where d.state in ('sending', 'accepted', 'failed', 'unknown', 'unknown_final')
      offset 0) d
  join jsonb_to_recordset((select jsonb_agg(to_jsonb(v)) from version_waves v where not service)) as w(version_id int, wave text)
    on w.version_id = d.version_id and w.wave = d.wave
 group by d.channel, d.day, d.allowed having count(*) > d.allowed
