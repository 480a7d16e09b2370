-- Ends planned rows that are past their time; none while nobody has noticed a failover, for they may have been sent. $1 business time (null: now), $2 at most so many rows.
with found as materialized (
    select q.delivery_id, c.status
      from due q join campaigns c on c.campaign_id = q.campaign_id
     where q.due_at <= coalesce($1::timestamptz, now()) and q.expires_at <= coalesce($1::timestamptz, now())
       and c.status <> 'cancelled'
       and (select coalesce((select name from incarnations order by incarnation_id desc limit 1) = server_incarnation(), false))
     order by q.due_at limit $2
), gone as (
    select d.delivery_id, d.customer_id, d.entered_at,
           case when f.status = 'paused' then 'paused' when exists (select from send_holds h where h.channel in ('', d.channel)) then 'on_hold'
                when d.channel = any (array(select h.channel from provider_holds h where h.until > coalesce($1::timestamptz, now()))) then 'provider_rests' when d.reason is not null then 'held' else 'late' end as reason
      from found f join deliveries d on d.delivery_id = f.delivery_id
     where d.due_at is not null and d.due_at <= coalesce($1::timestamptz, now()) and d.expires_at <= coalesce($1::timestamptz, now())
       for no key update of d skip locked
)
update deliveries d set state = 'expired', reason = g.reason, due_at = null, settled_at = clock_timestamp()
  from gone g
 where d.delivery_id = g.delivery_id and d.customer_id = g.customer_id and d.entered_at = g.entered_at
