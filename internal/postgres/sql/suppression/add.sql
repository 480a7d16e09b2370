-- Adds the staged bans. One that is there stays as it was; a ban of tomorrow is a wrong clock and counts from now on.
-- Whoever has the address is locked in customer order, as the gate locks, so that no gate that read the old state can
-- still be sending.
-- Rows: one count, of new bans.
-- Twice: they are there.
with asked as materialized (
    select distinct on (s.channel, s.address_hash) s.channel, s.address_hash, s.reason, s.at
      from import_suppressions s
     where not exists (select from suppressions k where k.channel = s.channel and k.address_hash = s.address_hash)
     order by s.channel, s.address_hash, s.at nulls last, s.line
), held as materialized (
    select k.customer_id
      from contacts k
     where k.customer_id in (
           select c.customer_id from asked a join contacts c on c.phone_hash = a.address_hash where a.channel = 'sms'
           union all
           select c.customer_id from asked a join contacts c on c.email_hash = a.address_hash where a.channel <> 'sms')
     order by k.customer_id
       for no key update
), added as (
    insert into suppressions (channel, address_hash, reason, at, recorded_at) -- recorded under the locks
    select channel, address_hash, reason, least(at, clock_timestamp()), clock_timestamp()
      from asked
     where (select count(*) from held) >= 0
    on conflict (channel, address_hash) do nothing
    returning 1
)
select count(*) from added
