-- What those who were written to did about it. $1 campaign, $2 design, $3 as of.
-- Rows: channel; messages accepted by a provider, of these complained of, and of these by whose link the reader unsubscribed. By channel.
-- Twice: only reads.
with sent as materialized (
    select d.delivery_id, d.channel, d.complained_at <= $3 as complained
      from enrollments e
      join deliveries d on d.customer_id = e.customer_id and d.enrollment_id between e.enrollment_id and e.enrollment_id -- why: evaluation/observations
     where e.campaign_id = $1 and e.design = $2 and d.state = 'accepted' and d.gate_at <= $3
), left_by as (
    select distinct substring(c.source from '^unsubscribe:([0-9]{1,18})$')::bigint as delivery_id
      from consents c
     where c.source like 'unsubscribe:%' and not c.granted and c.at <= $3
)
select s.channel, count(*), count(*) filter (where s.complained), count(l.delivery_id)
  from sent s
  left join left_by l on l.delivery_id = s.delivery_id
 group by 1
 order by 1
