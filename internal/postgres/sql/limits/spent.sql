-- What a campaign has spent on messages, in millionths, and how many messages of it wait to be sent; codes are limits/bound's. $1 campaign.
select coalesce((select l.spent_micros from campaign_limits l where l.campaign_id = $1 and (l.budget_micros is not null or l.per_minute is not null or l.day_budget_micros is not null)),
                (select sum(d.cost_micros) from deliveries d
                  where d.campaign_id = $1 and d.state in ('sending', 'accepted', 'unknown', 'unknown_final')), 0)::bigint as spent,
       (select count(*) from due q join deliveries d on d.delivery_id = q.delivery_id where q.campaign_id = $1 and d.arm = 'treat' and not d.skip) as waiting
