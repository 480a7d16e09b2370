-- Brings addresses of known customers up to what the file says. An erased customer gets none back, and an assumed
-- address never replaces one. The rows are locked in customer order, as the gate locks them.
-- Rows: the customers whose addresses changed.
-- Twice: only what differs is written.
with locked as (
    select t.customer_id, c.phone, case when c.email_assumed and t.email is not null then null else c.email end as email
      from import_customers c
      join contacts t on t.customer_id = c.customer_id
     where c.last and not c.is_new and t.erased_at is null
       and (c.phone <> coalesce(t.phone, '') or c.email <> coalesce(t.email, '') and not (c.email_assumed and t.email is not null))
     order by t.customer_id
       for no key update of t
)
update contacts t
   set email = coalesce(l.email, t.email), phone = coalesce(l.phone, t.phone),
       email_since = case when l.email <> t.email then now() else t.email_since end, phone_since = case when l.phone <> t.phone then now() else t.phone_since end
  from locked l
 where l.customer_id = t.customer_id
returning t.customer_id
