-- The groups of the global holdout: of each epoch and share, when the first and the last customer were assigned under it, and how many.
-- A customer is assigned by the first entry into any campaign whose design knows the epoch: both groups are dated alike.
-- $1 as of. Rows: epoch, share in parts per billion, first, last, customers; by first.
with assigned as (
    select distinct on (g.epoch, coalesce(k.merged_into, e.customer_id)) g.epoch, g.global_ppb, e.entered_at
      from enrollments e
      join campaign_designs g on g.campaign_id = e.campaign_id and g.design = e.design
      join customers k on k.customer_id = e.customer_id
     where g.global_ppb > 0 and e.entered_at <= $1
     order by g.epoch, coalesce(k.merged_into, e.customer_id), e.entered_at, e.enrollment_id
)
select epoch, global_ppb, min(entered_at), max(entered_at), count(*)
  from assigned
 group by epoch, global_ppb
 order by min(entered_at), epoch, global_ppb
