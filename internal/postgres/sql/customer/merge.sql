-- One customer becomes another: orders, refunds, events and what waits to be decided are the other's from now on, who also gets what
-- they lack of addresses, names and attributes. Enrollments, deliveries and codes stay, with the arm that was drawn. The caller
-- holds both. $1 from, $2 into.
-- An order is known of the other only since now. Of two words on a channel the no wins, which of two at one instant always does; a
-- yes counts where nothing was said.
-- Twice: the second time nothing is theirs any more.
with orders as (
    update orders o set customer_id = $2, recorded_at = clock_timestamp() where o.customer_id = $1
), refunds as (
    update refunds r set customer_id = $2 where r.customer_id = $1
), events as (
    update events e set customer_id = $2 where e.customer_id = $1
), inbox as (
    update inbox i set customer_id = $2 where i.customer_id = $1
), event_inbox as (
    update event_inbox i set customer_id = $2 where i.customer_id = $1
), attributes as (
    insert into customer_attributes (customer_id, name, at, kind, text_value, number_value, date_value, truth_value, source)
    select $2, a.name, a.at, a.kind, a.text_value, a.number_value, a.date_value, a.truth_value, a.source
      from customer_attributes a
     where a.customer_id = $1 and not exists (select from customer_attributes had where had.customer_id = $2 and had.name = a.name)
), tags as (
    insert into customer_tags (customer_id, at, tags, source)
    select $2, t.at, t.tags, t.source from customer_tags t
     where t.customer_id = $1 and not exists (select from customer_tags had where had.customer_id = $2)
), said as (
    select distinct on (w.customer_id, w.channel, w.purpose) w.customer_id, w.channel, w.purpose, w.granted, w.at, w.source
      from consents w where w.customer_id in ($1, $2) and w.at <= clock_timestamp()
     order by w.customer_id, w.channel, w.purpose, w.at desc, w.granted
), words as (
    insert into consents (customer_id, channel, purpose, granted, at, source, recorded_at)
    select $2, f.channel, f.purpose, f.granted, greatest(f.at, i.at), 'merge:' || f.source, clock_timestamp()
      from said f
      left join said i on i.customer_id = $2 and (i.channel, i.purpose) = (f.channel, f.purpose)
     where f.customer_id = $1 and (i.granted is null or i.granted and not f.granted)
    on conflict do nothing
), people as (
    update customers u
       set first_name = coalesce(u.first_name, f.first_name), last_name = coalesce(u.last_name, f.last_name), locale = coalesce(u.locale, f.locale),
           region = coalesce(u.region, f.region), zone = coalesce(u.zone, f.zone), first_seen_at = least(u.first_seen_at, f.first_seen_at)
      from customers f
     where u.customer_id = $2 and f.customer_id = $1
), reached as (
    update contacts k set email = coalesce(k.email, f.email), phone = coalesce(k.phone, f.phone)
      from contacts f
     where k.customer_id = $2 and f.customer_id = $1 and (k.email is null and f.email is not null or k.phone is null and f.phone is not null)
), named as (
    update identities i set customer_id = $2 where i.customer_id = $1
)
update customers u set merged_into = $2 where u.customer_id = $1 or u.merged_into = $1
