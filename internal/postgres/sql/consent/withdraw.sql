-- The customer of a delivery says no on its channel. Takes the contact row first, as the gate does, so that a gate
-- either sees the word or was done before it. $1 delivery id, $2 source. Safe to run twice: the newest word stays no.
with target as (
    select d.customer_id, d.channel from deliveries d where d.delivery_id = $1
), held as (
    select k.customer_id from contacts k join target t on t.customer_id = k.customer_id for no key update of k
)
insert into consents (customer_id, channel, purpose, granted, at, source, recorded_at) -- recorded now, not when it began to wait
select t.customer_id, t.channel, 'marketing', false, coalesce($3::timestamptz, clock_timestamp()), $2, clock_timestamp()
  from target t join held h on h.customer_id = t.customer_id
 where not exists (select from consents w where w.customer_id = t.customer_id and w.channel = t.channel and w.purpose = 'marketing'
                    and not w.granted and w.at = (select max(n.at) from consents n
                        where n.customer_id = t.customer_id and n.channel = t.channel and n.purpose = 'marketing'))
on conflict do nothing
