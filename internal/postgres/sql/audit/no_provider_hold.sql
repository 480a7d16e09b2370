-- Nothing passed a gate later than 5 s after its provider was known to rest, until the rest was over.
select d.delivery_id
  from deliveries d
  join provider_holds h on h.channel = d.channel and d.gate_at > h.since + interval '5 s' and d.gate_at < h.until
 where d.state in ('sending', 'accepted', 'failed', 'unknown', 'unknown_final')
