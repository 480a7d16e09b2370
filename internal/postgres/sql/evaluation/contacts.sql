-- Messages of a point's window that were sent or may have been, by channel: what the treated arm cost. Parameters as
-- evaluation/observations but for the last two: $7 as of.
with anchored as (
    select e.customer_id, e.entered_at, e.enrollment_id, r.round,
           case $3 when 'entry' then e.entered_at
                   when 'wave' then (select d.scheduled_at from deliveries d
                                      where d.customer_id = e.customer_id and d.entered_at = e.entered_at and d.enrollment_id = e.enrollment_id
                                        and d.round = r.round and d.wave = $4)
                   else (select max(d.scheduled_at) from deliveries d
                          where d.customer_id = e.customer_id and d.entered_at = e.entered_at and d.enrollment_id = e.enrollment_id and d.round = r.round)
           end as anchor
      from enrollments e
      join rounds r on r.customer_id = e.customer_id and r.entered_at = e.entered_at and r.enrollment_id = e.enrollment_id
       and (r.round = $5 or ($5 = 0 and ($3 <> 'entry' or r.round = 1)))
     where e.campaign_id = $1 and e.design = $2 and e.entered_at <= $7 and e.arm = 'treat'
)
select d.channel, count(*)
  from anchored a
  join deliveries d on d.customer_id = a.customer_id and d.entered_at = a.entered_at and d.enrollment_id = a.enrollment_id
   and d.scheduled_at >= a.anchor and d.scheduled_at < a.anchor + make_interval(secs => $6)
 where d.state in ('sending', 'accepted', 'unknown', 'unknown_final') and d.gate_at <= $7
 group by d.channel
