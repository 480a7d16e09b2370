-- The next due planned rows of running campaigns, whose channel is not on hold nor its provider at rest, oldest first, from where the last call stopped; it moves the place behind them.
-- $1 business time (null: now), $2 start over: nothing is queued any more, $3 seconds after which to start over in any case,
-- $4 at most so many. No rows while another dispatcher has the place. A hint given twice dies at the gate.
with place as (
    select due_at, delivery_id, $2 or round_at < clock_timestamp() - make_interval(secs => $3) as over from dispatch for update skip locked
), start as (
    select over, case when over then '-infinity' else due_at end as due_at, case when over then 0 else delivery_id end as delivery_id from place
), next as (
    select d.* from start s cross join lateral (
        select d.delivery_id, d.version_id, d.wave, d.channel, d.due_at
          from due d
          join campaigns c on c.campaign_id = d.campaign_id
         where d.due_at <= coalesce($1::timestamptz, now())
           and (d.due_at, d.delivery_id) > (s.due_at, s.delivery_id)
           and c.status = 'running' and not exists (select from send_holds h where h.channel in ('', d.channel))
           -- asked once, and not joined; and written so that it is not thought to leave next to nothing: else all that is due is read and sorted
           and not coalesce(d.channel = any (array(select h.channel from provider_holds h where h.until > coalesce($1::timestamptz, now()))), false)
         order by d.due_at, d.delivery_id
         limit $4) d
), last as (
    select due_at, delivery_id from next order by due_at desc, delivery_id desc limit 1
), moved as (
    update dispatch p
       set due_at = coalesce(l.due_at, s.due_at), delivery_id = coalesce(l.delivery_id, s.delivery_id),
           round_at = case when s.over then clock_timestamp() else p.round_at end
      from start s left join last l on true
)
select delivery_id, version_id, wave, channel from next
