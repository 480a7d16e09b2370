-- Adds the consents a customers file states to the history. Withdrawals lock the contacts row, so that no gate that
-- read the old state can still be sending.
-- Rows: one count, of new consents.
-- Twice: the same row of history is there already.
with withdrawn as materialized (
    select t.customer_id
      from contacts t
     where t.customer_id in (select customer_id from import_customers where consent_email = false or consent_sms = false)
     order by t.customer_id
       for no key update
), stated as (
    select customer_id, 'email' as channel, consent_email as granted, consent_at from import_customers where consent_email is not null
    union
    select customer_id, 'sms', consent_sms, consent_at from import_customers where consent_sms is not null
), added as (
    insert into consents (customer_id, channel, granted, at, source, recorded_at) -- recorded under the locks, not when the import began
    select customer_id, channel, granted, least(consent_at, clock_timestamp()), 'import', clock_timestamp()
      from stated s
     where (select count(*) from withdrawn) >= 0
       -- A word of tomorrow is a wrong clock: a yes is not believed, a no counts from now on, once.
       and (s.consent_at <= clock_timestamp()
            or not s.granted and coalesce((select w.granted from consents w where w.customer_id = s.customer_id and w.channel = s.channel
                   and w.purpose = 'marketing' order by w.at desc, w.granted limit 1), true))
    on conflict (customer_id, channel, purpose, at, granted) do nothing
    returning 1
)
select count(*) from added
