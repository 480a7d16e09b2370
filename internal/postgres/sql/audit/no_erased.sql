-- Nobody was gated after they were erased.
select d.delivery_id from deliveries d join contacts k on k.customer_id = d.customer_id and k.erased_at is not null
 where d.state in ('sending', 'accepted', 'failed', 'unknown', 'unknown_final') and d.claimed_at > k.erased_at
