-- At the first apply of an event-triggered campaign: the events it must consider that are stored already. $1 campaign, $2 the event's name.
insert into event_inbox (campaign_id, event_id, customer_id, at)
select c.campaign_id, e.event_id, e.customer_id, e.at
  from campaigns c join events e on e.at >= c.activated_at and e.customer_id is not null and e.name = $2
 where c.campaign_id = $1
on conflict do nothing
