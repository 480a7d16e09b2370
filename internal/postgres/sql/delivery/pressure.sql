-- Messages that count against caps, by customer: real ones, and this campaign's ghosts. Nobody for whom there are none.
-- $1 customer ids, $2 business time, $3 campaign, $4 window of the cap over all campaigns in seconds (0: no cap), $5 window of the
-- campaign's own cap in seconds (0: no cap).
select p.customer_id,
       count(*) filter (where p.state <> 'withheld' and p.gate_at > $2::timestamptz - make_interval(secs => $4)) as real_all,
       count(*) filter (where p.state = 'withheld' and p.campaign_id = $3 and p.gate_at > $2::timestamptz - make_interval(secs => $4)) as ghosts_all,
       count(*) filter (where p.state <> 'withheld' and p.campaign_id = $3 and p.gate_at > $2::timestamptz - make_interval(secs => $5)) as real_own,
       count(*) filter (where p.state = 'withheld' and p.campaign_id = $3 and p.gate_at > $2::timestamptz - make_interval(secs => $5)) as ghosts_own
  from deliveries p
 where p.customer_id = any ($1) and not p.uncapped and p.state in ('sending', 'accepted', 'unknown', 'unknown_final', 'quarantine', 'withheld')
   and p.gate_at > $2::timestamptz - make_interval(secs => greatest($4::float8, $5::float8))
 group by p.customer_id
