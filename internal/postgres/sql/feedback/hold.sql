-- Ties words to their deliveries and locks those, passing over what somebody else holds. $1 words, $2 their deliveries.
-- Rows: one a delivery that is held now: id, state. The caller holds them until it commits.
with tied as (
    update feedback f set delivery_id = a.delivery_id
      from unnest($1::bigint[], $2::bigint[]) as a(feedback_id, delivery_id) where f.feedback_id = a.feedback_id
)
select d.delivery_id, d.state
  from deliveries d
 where d.delivery_id = any ($2::bigint[])
 order by d.customer_id, d.delivery_id
   for no key update skip locked
