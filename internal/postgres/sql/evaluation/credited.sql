-- What a tool that credits the last message would count for a campaign: kept orders of the treated in a point's window whose customer was
-- sent a message before, the last of those of any campaign being this one's. $1 to $9 as evaluation/observations; $10 how long a message
-- is credited, in seconds.
-- Rows: one: orders of the final treated enrollments, of these credited, and what the credited ones came to, in minor units, net of what
-- came back. Twice: only reads.
with bought as (
    select a.enrollment_id, a.customer_id, o.order_id, o.placed_at,
           o.gross_minor - case when o.refunded_minor = 0 then 0 else
               (select coalesce(sum(f.amount_minor), 0) from refunds f where f.order_id = o.order_id
                   and f.refunded_at <= least($8, o.placed_at + make_interval(secs => $7))) end as net
      from point_anchors($1, $2, $3, $4, $5, $8) a
      join orders o on o.customer_id = coalesce((select m.merged_into from customers m where m.customer_id = a.customer_id and m.merged_into is not null), a.customer_id) and o.currency = $9 and o.order_id is distinct from a.trigger_order_id
       and o.placed_at >= a.anchor and o.placed_at < a.anchor + make_interval(secs => $6) and o.placed_at <= $8
       and (o.unkept_at is null or o.unkept_at > least($8, o.placed_at + make_interval(secs => $7)))
     where a.arm = 'treat' and a.anchor + make_interval(secs => $6 + $7) + interval '24 hours' <= $8
), touched as (
    select b.enrollment_id, b.order_id, min(b.net) as net
      from bought b
      join deliveries d on d.customer_id = b.customer_id and d.state = 'accepted' and d.gate_at <= b.placed_at
       and d.gate_at > b.placed_at - make_interval(secs => $10)
     group by 1, 2
    having max(d.gate_at) filter (where d.campaign_id = $1) = max(d.gate_at)
)
select (select count(*) from bought), count(*), coalesce(sum(net), 0)::bigint from touched
