-- Ends planned rows of cancelled campaigns, due or not; none while nobody has noticed a failover, as in sweep. $1 at most so many rows.
with gone as (
    select d.delivery_id, d.customer_id, d.entered_at
      from due q join campaigns c on c.campaign_id = q.campaign_id join deliveries d on d.delivery_id = q.delivery_id
     where d.due_at is not null and c.status = 'cancelled'
       and (select coalesce((select name from incarnations order by incarnation_id desc limit 1) = server_incarnation(), false))
     limit $1 for no key update of d skip locked
)
update deliveries d set state = 'cancelled', reason = 'cancelled', due_at = null, settled_at = clock_timestamp()
  from gone g
 where d.delivery_id = g.delivery_id and d.customer_id = g.customer_id and d.entered_at = g.entered_at
