-- Messages of running campaigns, on channels that are not on hold and whose provider does not rest, that nobody has asked the gate about though they are long due. $1 campaign (null: all), $2 due before.
select count(*), min(d.due_at)
  from due d join campaigns c on c.campaign_id = d.campaign_id
 where d.due_at < $2::timestamptz and c.status = 'running'
   and not exists (select from send_holds h where h.channel in ('', d.channel))
   and d.channel <> all (array(select h.channel from provider_holds h where h.until > now())) and ($1::int is null or c.campaign_id = $1)
