-- The person who reads the mailbox or telephone of a delivery says no on its channel, for every account that has the address.
-- The caller holds their contact rows, as the gate does, so that a gate either sees the word or was done before it.
-- $1 customer ids, $2 delivery id, $3 source, $4 business time (null: now).
-- Safe to run twice: where the newest word is no already, nothing is added. A word dated later is not in force yet.
insert into consents (customer_id, channel, purpose, granted, at, source, recorded_at) -- recorded now, not when it began to wait
select k.customer_id, d.channel, 'marketing', false, coalesce($4::timestamptz, clock_timestamp()), $3, clock_timestamp()
  from deliveries d, unnest($1::bigint[]) as k(customer_id)
 where d.delivery_id = $2
   and coalesce((select w.granted from consents w
                  where w.customer_id = k.customer_id and w.channel = d.channel and w.purpose = 'marketing'
                    and w.at <= coalesce($4::timestamptz, clock_timestamp())
                  order by w.at desc, w.granted limit 1), true)
on conflict do nothing
