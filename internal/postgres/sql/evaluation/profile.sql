-- What was known of the final enrollments of a point when they entered, by arm and by whether they bought. $1 to $9 as
-- evaluation/observations; $10 how many values of a text are told apart, $11 how many of the shop's own characteristics are read.
-- orders, recency (whole days), value (thirds of what they had spent): kept orders before entry, as of entry, without the one that brought
-- them in. stratum: the enrollment's. consent:CHANNEL: yes, to marketing. profile:NAME: the attribute in force at entry, of those most
-- customers have. Who has none is in no row of it.
-- Rows: name (empty: all enrolled), level (of a text or truth; empty: of a number, or the rarer ones), rarer, number, arm, bought,
-- enrollments, sum, squares, least, greatest; by name, level, arm, bought. Twice: only reads.
with final as materialized (
    select a.arm, a.customer_id, a.entered_at, a.enrollment_id, a.trigger_order_id, a.anchor,
           coalesce((select m.merged_into from customers m where m.customer_id = a.customer_id and m.merged_into is not null), a.customer_id) as buyer
      from point_anchors($1, $2, $3, $4, $5, $8) a
     where a.arm in ('treat', 'hold') and a.anchor + make_interval(secs => $6::float8 + $7::float8) + interval '24 hours' <= $8
), history as (
    select f.enrollment_id,
           bool_or(o.placed_at >= f.anchor and o.placed_at < f.anchor + make_interval(secs => $6::float8) and o.placed_at <= $8
               and (o.unkept_at is null or o.unkept_at > least($8, o.placed_at + make_interval(secs => $7::float8)))) as bought,
           count(*) filter (where o.placed_at < f.entered_at and (o.unkept_at is null or o.unkept_at > f.entered_at)) as orders,
           max(o.placed_at) filter (where o.placed_at < f.entered_at and (o.unkept_at is null or o.unkept_at > f.entered_at)) as last_at,
           sum(o.gross_minor - case when o.refunded_minor = 0 then 0 else
               (select coalesce(sum(r.amount_minor), 0) from refunds r where r.order_id = o.order_id and r.refunded_at <= f.entered_at) end)
               filter (where o.placed_at < f.entered_at and (o.unkept_at is null or o.unkept_at > f.entered_at)) as spent
      from final f
      join orders o on o.customer_id = f.buyer and o.currency = $9 and o.order_id is distinct from f.trigger_order_id
     group by 1
), person as materialized (
    select f.enrollment_id, f.customer_id, f.entered_at, f.arm, coalesce(h.bought, false) as bought, coalesce(h.orders, 0) as orders, h.last_at, coalesce(h.spent, 0) as spent
      from final f
      left join history h on h.enrollment_id = f.enrollment_id
), third as (
    select percentile_disc(array[1 / 3.0, 2 / 3.0]::float8[]) within group (order by spent) as at from person
), attribute as (
    select distinct on (p.enrollment_id, t.name) p.arm, p.bought, t.name, t.kind, coalesce(t.text_value, t.truth_value::text) as level, t.number_value::numeric as value
      from person p
      join customer_attributes t on t.customer_id = p.customer_id and t.at <= p.entered_at and t.kind <> 'date'
     order by p.enrollment_id, t.name, t.at desc
), told as (
    select '' as name, '' as level, false as number, arm, bought, 0::numeric as value from person
    union all
    select 'orders', '', true, arm, bought, orders from person
    union all
    select 'recency', '', true, arm, bought, floor(extract(epoch from entered_at - last_at) / 86400) from person where last_at is not null
    union all
    select 'value', case when p.spent <= t.at[1] then 'low' when p.spent <= t.at[2] then 'middle' else 'high' end, false, p.arm, p.bought, 0 from person p, third t
    union all
    select 'stratum', e.stratum, false, p.arm, p.bought, 0
      from person p
      join enrollments e on e.customer_id = p.customer_id and e.enrollment_id between p.enrollment_id and p.enrollment_id -- why: evaluation/observations
     where e.stratum is not null
    union all
    select 'consent:' || c.channel, 'yes', false, c.arm, c.bought, 0
      from (select distinct on (p.enrollment_id, k.channel) p.arm, p.bought, k.channel, k.granted
              from person p
              join consents k on k.customer_id = p.customer_id and k.purpose = 'marketing' and k.at <= p.entered_at
             order by p.enrollment_id, k.channel, k.at desc, k.granted) c
     where c.granted
    union all
    select 'profile:' || a.name, coalesce(a.level, ''), a.kind = 'number', a.arm, a.bought, coalesce(a.value, 0)
      from attribute a
      join (select name from attribute group by 1 having count(distinct kind) = 1 order by count(*) desc, name limit $11) most on most.name = a.name
), counted as (
    select name, level, number, arm, bought, count(*) as n, sum(value) as total, sum(value * value) as squares, min(value) as least, max(value) as greatest
      from told
     group by 1, 2, 3, 4, 5
), placed as (
    select c.*, dense_rank() over (partition by name order by of_level desc, level) as place
      from (select x.*, sum(n) over (partition by name, level) as of_level from counted x) c
)
select name, case when place > $10 then '' else level end, place > $10, number, arm, bought, sum(n)::bigint, sum(total)::float8, sum(squares)::float8, min(least)::float8, max(greatest)::float8
  from placed
 group by 1, 2, 3, 4, 5, 6
 order by 1, 2, 3, 5, 6
