-- Nothing passed a gate later than 5 s after its provider was known to rest, until the rest was over.
select d.delivery_id
  from deliveries d
  join (select channel, range_agg(tstzrange(since + interval '5 s', greatest(since + interval '5 s', until), '()')) as spans
          from provider_holds group by channel) h on h.channel = d.channel and d.gate_at <@ h.spans
 where d.state in ('sending', 'accepted', 'failed', 'unknown', 'unknown_final')
