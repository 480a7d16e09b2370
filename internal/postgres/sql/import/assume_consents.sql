-- Assumes marketing consent for the file's customers who said neither yes nor no on the channel.
-- $1 channel text, $2 at timestamptz, $3 source text.
-- Rows: one count, of new consents.
-- Twice: they have a consent row by then.
with added as (
    insert into consents (customer_id, channel, granted, at, source)
    select distinct c.customer_id, $1, true, $2::timestamptz, $3
      from import_customers c
     where not exists (select from consents k where k.customer_id = c.customer_id and k.channel = $1 and k.purpose = 'marketing')
    on conflict (customer_id, channel, purpose, at, granted) do nothing
    returning 1
)
select count(*) from added
