-- Notes what a gate let through, under the lock of limits/hold. $1 campaign, $2 cost in millionths, $3 business time, $4 messages,
-- $5 when the day began, $6 what they take of its budget. What earlier days took is forgotten.
-- Gates of more than a minute ago are forgotten.
update campaign_limits l
   set spent_micros = l.spent_micros + $2,
       day_from = greatest(l.day_from, $5), day_micros = case when l.day_from >= $5 then l.day_micros else 0 end + $6,
       passed_at = array(select t.at from unnest(l.passed_at) as t(at) where t.at > $3::timestamptz - interval '60 seconds' and t.at <= $3) || $3::timestamptz,
       passed = array(select t.n from unnest(l.passed_at, l.passed) as t(at, n) where t.at > $3::timestamptz - interval '60 seconds' and t.at <= $3) || $4::int
 where l.campaign_id = $1
