-- Ends planned rows of cancelled campaigns, due or not; none while nobody has noticed a failover, as in sweep. $1 at most so many rows.
-- What is due is not looked at while no campaign is cancelled.
with cancelled as materialized (
    select campaign_id from campaigns where status = 'cancelled'
), found as materialized (
    select q.delivery_id from due q
     where exists (select from cancelled) and q.campaign_id in (select campaign_id from cancelled)
       and (select coalesce((select name from incarnations order by incarnation_id desc limit 1) = server_incarnation(), false))
     limit $1
), gone as (
    select d.delivery_id, d.customer_id, d.entered_at
      from found f join deliveries d on d.delivery_id = f.delivery_id
     where d.due_at is not null
       for no key update of d skip locked
)
update deliveries d set state = 'cancelled', reason = 'cancelled', due_at = null, settled_at = clock_timestamp()
  from gone g
 where d.delivery_id = g.delivery_id and d.customer_id = g.customer_id and d.entered_at = g.entered_at
