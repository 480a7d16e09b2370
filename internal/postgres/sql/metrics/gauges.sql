-- What is cheap to know at any moment. Rows: one; deliveries that are due and could go out, seconds since the first of them came due, deliveries
-- under way, deliveries in doubt, when the last audit ended (null: none has).
select (select count(*) from due d join campaigns c on c.campaign_id = d.campaign_id
         where d.due_at <= now() and c.status = 'running') as due,
       coalesce((select extract(epoch from now() - min(d.due_at)) from due d join campaigns c on c.campaign_id = d.campaign_id
                  where d.due_at <= now() and c.status = 'running'), 0)::float8 as oldest,
       count(*) filter (where d.state = 'sending') as under_way,
       count(*) filter (where d.state in ('unknown', 'quarantine')) as in_doubt,
       (select ended_at from audits) as audited
  -- a claim stays until the last of its deliveries has an end
  from claims k
  cross join lateral unnest(k.delivery_ids, k.epochs) as a(delivery_id, epoch)
  join deliveries d on d.delivery_id = a.delivery_id and d.epoch = a.epoch
