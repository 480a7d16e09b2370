-- One entry of a customer into a campaign carries one number, counted from 1 without gaps.
select min(enrollment_id) from enrollments group by campaign_id, customer_id
having count(distinct entry) <> count(*) or max(entry) <> count(*) or min(entry) <> 1
