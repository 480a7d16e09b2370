-- Customers of a campaign whose way is not over: a message waits, or a round is to come. One row a version and round. $1 campaign.
with waiting as (
    select d.version_id, d.customer_id, d.entered_at, d.enrollment_id, max(d.round) as round
      from due q join deliveries d on d.delivery_id = q.delivery_id
     where q.campaign_id = $1
     group by 1, 2, 3, 4
), on_their_way as (
    select version_id, customer_id, entered_at, enrollment_id, round from waiting
    union all
    select e.version_id, e.customer_id, e.entered_at, e.enrollment_id, e.rounds_begun
      from enrollments e
     where e.campaign_id = $1 and e.next_round_at is not null
       and not exists (select from waiting w where w.customer_id = e.customer_id and w.entered_at = e.entered_at and w.enrollment_id = e.enrollment_id)
)
select v.version_id, v.hash, v.design, f.round, count(*) as customers
  from on_their_way f join campaign_versions v on v.version_id = f.version_id
 group by v.version_id, f.round
 order by v.version_id, f.round
