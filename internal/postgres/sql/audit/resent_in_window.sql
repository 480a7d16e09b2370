-- What was sent again while in doubt was let out by a gate that kept what it was, and the provider took its key once then.
select r.delivery_id
  from resends r left join deliveries d on d.delivery_id = r.delivery_id
 where r.at < r.claimed_at or r.at >= r.until or d.delivery_id is null or r.epoch > d.epoch
    or r.epoch = d.epoch and (d.body is null or d.claimed_at <> r.claimed_at)
