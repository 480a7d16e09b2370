-- Entries of customers of a range into some campaigns, oldest first. $1 after this id, $2 up to it, $3 campaigns.
select e.customer_id, e.campaign_id, e.entered_at
  from enrollments e
 where e.customer_id > $1 and e.customer_id <= $2 and e.campaign_id = any($3)
 order by e.customer_id, e.entered_at
