-- An outcome that no provider gave has a person's act that says why, and an act that gave one was not overruled.
select d.delivery_id from deliveries d
 where d.state in ('accepted', 'failed') and d.provider is null
   and not exists (select from acts a where a.delivery_id = d.delivery_id and a.verb = 'settle' and a.became = d.state)
union all
-- What was not taken, as somebody says, is tried again by a person's act, or the provider says that it was.
select a.delivery_id from acts a left join deliveries d on d.delivery_id = a.delivery_id
 where a.verb = 'settle' and (d.state is null or d.state <> a.became)
   and not (a.became = 'dead' and (exists (select from acts r where r.delivery_id = a.delivery_id and r.verb = 'replay' and r.act_id > a.act_id)
                                   or d.state = 'accepted' and d.provider is not null))
