-- Bans the addresses of deliveries' customers, by the worst that was said: a complaint before a bounce. The caller holds whoever has them.
-- Who has had another address since the message went out is not banned for what the old one gave back.
-- $1 delivery ids, $2 reasons, $3 since when. Twice: the earliest and the worst stay.
insert into suppressions (channel, address_hash, reason, at, recorded_at)
select b.channel, b.hash, case when bool_or(b.reason = 'complained') then 'complained' else 'bounced' end, min(least(b.at, clock_timestamp())), clock_timestamp()
  from (select d.channel, case d.channel when 'sms' then k.phone_hash else k.email_hash end as hash, a.reason, a.at, d.claimed_at,
               case d.channel when 'sms' then k.phone_since else k.email_since end as since
          from unnest($1::bigint[], $2::text[], $3::timestamptz[]) as a(delivery_id, reason, at)
          join deliveries d on d.delivery_id = a.delivery_id
          join contacts k on k.customer_id = d.customer_id) b
 where b.hash is not null and not coalesce(b.reason = 'bounced' and b.since > b.claimed_at, false)
 group by b.channel, b.hash
on conflict (channel, address_hash) do update
   set reason = case when excluded.reason = 'complained' and suppressions.reason = 'bounced' then 'complained' else suppressions.reason end,
       at = least(suppressions.at, excluded.at)
