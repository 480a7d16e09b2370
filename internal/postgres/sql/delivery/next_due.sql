-- The next instants at which something is to be done, for a driver that jumps from event to event: a delivery, an order
-- to decide, an event to decide, a round to begin. Null where there is none. What waits for a provider is due when its rest ends.
select least((select d.due_at from due d join campaigns c on c.campaign_id = d.campaign_id
         where c.status = 'running' and not exists (select from send_holds h where h.channel in ('', d.channel))
           and (select max(h.until) from provider_holds h where h.channel = d.channel and h.until > d.due_at) is null order by d.due_at limit 1),
       (select min(r.until) from (select h.channel, max(h.until) as until from provider_holds h group by h.channel) r
         where not exists (select from send_holds h where h.channel in ('', r.channel))
           and exists (select from due d join campaigns c on c.campaign_id = d.campaign_id
                        where d.due_at < r.until and d.channel = r.channel and c.status = 'running'))),
       (select i.placed_at from inbox i join campaigns c on c.campaign_id = i.campaign_id
         where c.status <> 'cancelled' order by i.placed_at limit 1),
       (select i.at from event_inbox i join campaigns c on c.campaign_id = i.campaign_id
         where c.status <> 'cancelled' order by i.at limit 1),
       (select e.next_round_at from enrollments e join campaigns c on c.campaign_id = e.campaign_id
         where e.next_round_at is not null and c.status <> 'cancelled' order by e.next_round_at limit 1)
