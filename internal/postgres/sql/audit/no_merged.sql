-- Nobody was gated after they were merged into another.
select d.delivery_id from deliveries d
  join customers u on u.customer_id = d.customer_id and u.merged_into is not null
  join acts a on a.verb = 'merge' and a.target = u.shop_id
 where d.state in ('sending', 'accepted', 'failed', 'unknown', 'unknown_final') and d.claimed_at > a.at
