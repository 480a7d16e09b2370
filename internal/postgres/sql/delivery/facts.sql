-- What the gate looks at in every wave, one row a delivery that is planned and due, read after the customers are locked; a hint
-- that came twice ends here. What there are several of for a customer is read by statements of its own: asked row by row it
-- takes twice as long. The caller holds the locks until it commits; rows that somebody else holds are passed over.
-- $1 delivery ids, $2 business time, $3 the wave's channels, $4 wave it requires (null: none), $5 whether the customer's region
-- is wanted, $6 campaign, $7 to $9 the lane: version, wave, channel, $10 whether those in doubt are meant, and not those due. A row that has moved to another lane, or an id that means
-- another delivery here, was not rendered for this one.
select d.delivery_id, d.customer_id, d.entered_at, d.arm, d.skip, coalesce(d.variant, '') as variant, coalesce(e.stratum, '') as stratum,
       d.channel, d.epoch, d.scheduled_at, d.expires_at, coalesce(d.reason, '') as held_for, (select c.status from campaigns c where c.campaign_id = $6) as status,
       exists (select from send_holds s where s.channel in ('', $9)) as on_hold,
       exists (select from provider_holds r where r.channel = $9 and r.until > $2::timestamptz) as rests,
       e.zone, coalesce(case when $5 then (select u.region from customers u where u.customer_id = d.customer_id) end, '') as region,
       k.erased_at is not null as erased,
       exists (select from customers u where u.customer_id = d.customer_id and u.merged_into is not null) as merged, coalesce(k.email, '') as email, coalesce(k.phone, '') as phone,
       -- a ban on the address itself
       'email' = any ($3::text[]) and exists (select from suppressions s where s.channel = 'email' and s.address_hash = k.email_hash and s.at <= $2::timestamptz) as banned_email,
       'sms' = any ($3::text[]) and exists (select from suppressions s where s.channel = 'sms' and s.address_hash = k.phone_hash and s.at <= $2::timestamptz) as banned_phone,
       exists (select from orders o
                where o.customer_id = d.customer_id
                  and o.order_id is distinct from e.trigger_order_id and o.placed_at > d.entered_at and o.placed_at <= $2::timestamptz
                  and (o.unkept_at is null or o.unkept_at > $2::timestamptz)) as bought,
       (select required.state from deliveries required
         where required.customer_id = d.customer_id and required.entered_at = d.entered_at and required.enrollment_id = d.enrollment_id
           and required.round = d.round and required.wave = $4::text) as required,
       d.claimed_at, clock_timestamp(), d.body
  from deliveries d
  join enrollments e on e.customer_id = d.customer_id and e.entered_at = d.entered_at and e.enrollment_id = d.enrollment_id
  join contacts k on k.customer_id = d.customer_id
 where d.delivery_id = any ($1) and case when $10 then d.state = 'unknown' else d.due_at <= $2::timestamptz end and d.version_id = $7 and d.wave = $8 and d.channel = $9
 order by d.customer_id, d.delivery_id
   for no key update of d skip locked -- held by who sweeps or cancels, and does not wait for customers
