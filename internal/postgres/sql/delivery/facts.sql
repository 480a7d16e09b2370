-- What the gate looks at in every wave, one row a delivery, in their order, read after the customers are locked. What there are
-- several of for a customer is read by statements of its own: asked row by row it takes twice as long.
-- $1 delivery ids, $2 their customers, $3 their entered_at, $4 the orders that brought them in (0: none), $5 hashes of their e-mail addresses,
-- $6 of their telephone numbers (null: not asked about), $7 business time, $8 wave it requires (null: none), $9 whether the customers' regions are wanted,
-- $10 campaign, $11 channel.
select (select c.status from campaigns c where c.campaign_id = $10) as status,
       exists (select from send_holds s where s.channel in ('', $11)) as on_hold,
       exists (select from provider_holds r where r.channel = $11 and r.until > $7::timestamptz) as rests,
       coalesce(case when $9 then (select u.region from customers u where u.customer_id = a.customer_id) end, '') as region,
       -- a ban on the address itself
       a.email_hash is not null and exists (select from suppressions s where s.channel = 'email' and s.address_hash = a.email_hash and s.at <= $7::timestamptz) as banned_email,
       a.phone_hash is not null and exists (select from suppressions s where s.channel = 'sms' and s.address_hash = a.phone_hash and s.at <= $7::timestamptz) as banned_phone,
       exists (select from orders o
                where o.customer_id = a.customer_id and o.order_id <> a.trigger_order_id and o.placed_at > a.entered_at and o.placed_at <= $7::timestamptz
                  and (o.unkept_at is null or o.unkept_at > $7::timestamptz)) as bought,
       case when $8::text is not null then
           (select required.state from deliveries d join deliveries required
                on required.customer_id = d.customer_id and required.entered_at = d.entered_at and required.enrollment_id = d.enrollment_id
               and required.round = d.round and required.wave = $8
             where d.delivery_id = a.delivery_id and d.customer_id = a.customer_id and d.entered_at = a.entered_at) end as required
  from unnest($1::bigint[], $2::bigint[], $3::timestamptz[], $4::bigint[], $5::bytea[], $6::bytea[])
       with ordinality as a(delivery_id, customer_id, entered_at, trigger_order_id, email_hash, phone_hash, no)
 order by a.no
