-- Forgets customers: addresses, names, where they live, what was said of them and what their events carried. The shop's id, orders and
-- deliveries stay, and their addresses are banned by hash, so that no import brings them back,
-- and at whatever instant somebody asks. The caller holds whoever has the
-- addresses. $1 customer ids, $2 kinds of events whose properties are read as long as there are complaints.
-- Twice: nothing is left to forget.
with banned as (
    insert into suppressions (channel, address_hash, reason, at, recorded_at)
    select distinct x.channel, x.hash, 'erased', timestamptz 'epoch', clock_timestamp()
      from contacts k cross join lateral (values ('email', k.email_hash), ('sms', k.phone_hash)) as x(channel, hash)
     where k.customer_id = any ($1::bigint[]) and x.hash is not null
    on conflict (channel, address_hash) do nothing
), attributes as (
    delete from customer_attributes a where a.customer_id = any ($1)
), tags as (
    delete from customer_tags t where t.customer_id = any ($1)
), named as (
    delete from identities i where i.customer_id = any ($1) and i.kind <> 'shop'
), events as (
    update events e set props = '{}' where e.customer_id = any ($1) and e.name <> all ($2::text[]) and e.props <> '{}'
), people as (
    update customers u set first_name = null, last_name = null, locale = null, region = null, zone = null where u.customer_id = any ($1)
)
update contacts k set email = null, phone = null, erased_at = coalesce(k.erased_at, clock_timestamp())
 where k.customer_id = any ($1)
