-- Messages of a point's window that were sent or may have been, by channel: what the treated arm cost. Parameters as
-- evaluation/observations but for the last two: $7 as of.
with anchored as (
    select * from point_anchors($1, $2, $3, $4, $5, $7) where arm = 'treat'
)
select d.channel, count(*)
  from anchored a
  join deliveries d on d.customer_id = a.customer_id and d.entered_at = a.entered_at and d.enrollment_id = a.enrollment_id
   and d.scheduled_at >= a.anchor and d.scheduled_at < a.anchor + make_interval(secs => $6)
 where d.state in ('sending', 'accepted', 'unknown', 'unknown_final') and d.gate_at <= $7
 group by d.channel
