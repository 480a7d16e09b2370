-- Adds a default consent for the file's customers who said neither yes nor no on the channel, since the instant of
-- their row. It runs behind the consents that the file states.
-- $1 channel text, $2 granted boolean.
-- Rows: one count, of new consents.
-- Twice: they have a consent row by then.
with added as (
    insert into consents (customer_id, channel, granted, at, source, recorded_at)
    select c.customer_id, $1, $2, least(c.consent_at, clock_timestamp()), 'import', clock_timestamp()
      from import_customers c
     where c.last and c.consent_at is not null and (c.consent_at <= clock_timestamp() or not $2::boolean) -- a yes of tomorrow is a wrong clock
       and not exists (select from consents k where k.customer_id = c.customer_id and k.channel = $1 and k.purpose = 'marketing')
    on conflict (customer_id, channel, purpose, at, granted) do nothing
    returning 1
)
select count(*) from added
