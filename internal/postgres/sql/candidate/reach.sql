-- How candidates can be reached, each as of an instant of its own, and whether another campaign has them, in the order asked for.
-- $1 customer ids, $2 instants, $3 the channels of the campaign's waves, $4 campaign (0: never applied), $5 whether words on service are wanted,
-- $6 the group of campaigns that exclude one another (null: none).
select reach.granted, reach.refused, reach.suppressed,
       -- in either arm, and with something yet to come
       $6::text is not null and exists (
           select from enrollments e join campaigns c on c.campaign_id = e.campaign_id
            where e.customer_id = a.customer_id and e.campaign_id <> $4 and c.exclusion_group = $6 and c.status <> 'cancelled'
              and (e.next_round_at is not null or exists (
                   select from deliveries d where d.customer_id = e.customer_id and d.entered_at = e.entered_at and d.enrollment_id = e.enrollment_id
                      and d.state in ('planned', 'sending')))) as elsewhere
  from unnest($1::bigint[], $2::timestamptz[]) with ordinality as a(customer_id, at, no)
  left join contacts k on k.customer_id = a.customer_id
  cross join lateral (
      select array_agg((select w.granted from consents w
                         where w.customer_id = a.customer_id and w.channel = ch.name and w.purpose = 'marketing' and w.at <= a.at
                         order by w.at desc, w.granted limit 1) order by ch.no) as granted,
             array_agg($5::bool and not coalesce((select w.granted from consents w
                         where w.customer_id = a.customer_id and w.channel = ch.name and w.purpose = 'service' and w.at <= a.at
                         order by w.at desc, w.granted limit 1), true) order by ch.no) as refused,
             array_agg(exists (select from suppressions s
                                where s.channel = ch.name and s.at <= a.at
                                  and s.address_hash = case ch.name when 'sms' then k.phone_hash else k.email_hash end) order by ch.no) as suppressed
        from unnest($3::text[]) with ordinality as ch(name, no)) reach
 order by a.no
