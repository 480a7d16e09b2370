-- The campaigns of exclusion groups that customers of a range are in, in either arm, with something yet to come. $1 after this id, $2 up to it.
select e.customer_id, e.campaign_id, c.exclusion_group
  from enrollments e join campaigns c on c.campaign_id = e.campaign_id
 where e.customer_id > $1 and e.customer_id <= $2 and c.exclusion_group is not null and c.status <> 'cancelled'
   and (e.next_round_at is not null or exists (
        select from deliveries d where d.customer_id = e.customer_id and d.entered_at = e.entered_at and d.enrollment_id = e.enrollment_id
           and d.state in ('planned', 'sending')))
 order by e.customer_id
