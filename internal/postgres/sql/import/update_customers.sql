-- Brings known customers up to what the file says of them; what it does not say stays, and of one who
-- was erased all does. A region derived from orders
-- counts only if it is no older than the customer's latest order.
-- Rows: one count, of customers of whom the file says something new; an earlier first order alone is no such thing.
-- Twice: only what differs is written.
with written as (
    update customers k
       set first_name = coalesce(c.first_name, k.first_name),
           last_name = coalesce(c.last_name, k.last_name),
           locale = coalesce(c.locale, k.locale),
           zone = coalesce(c.zone, k.zone),
           region = c.newest_region,
           first_seen_at = least(k.first_seen_at, c.seen_at)
      from (select s.*, known as was,
                   case when s.region is null or s.region = known.region
                          or s.region_at < (select max(o.placed_at) from orders o where o.customer_id = s.customer_id and known.region is not null)
                        then known.region else s.region end as newest_region
              from import_customers s
              join customers known on known.customer_id = s.customer_id
             where s.last and not s.is_new and not exists (select from contacts t where t.customer_id = s.customer_id and t.erased_at is not null)) c
     where c.customer_id = k.customer_id
       and (coalesce(c.first_name, k.first_name), coalesce(c.last_name, k.last_name), coalesce(c.locale, k.locale),
            coalesce(c.zone, k.zone), c.newest_region, least(k.first_seen_at, c.seen_at))
           is distinct from (k.first_name, k.last_name, k.locale, k.zone, k.region, k.first_seen_at)
    returning (k.first_name, k.last_name, k.locale, k.zone, k.region)
              is distinct from ((c.was).first_name, (c.was).last_name, (c.was).locale, (c.was).zone, (c.was).region) as told
)
select count(*) filter (where told) from written
