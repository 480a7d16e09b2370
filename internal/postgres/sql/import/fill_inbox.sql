-- Puts every new order of a customer, and every guest's order that gained one, before the campaigns that an order triggers.
-- Rows: none; the command tag counts.
-- Twice: the order is not new any more, and the key is there.
insert into inbox (campaign_id, order_id, customer_id, placed_at)
select k.campaign_id, o.order_id, o.customer_id, o.placed_at
  from campaigns k
  join campaign_versions v on v.version_id = k.version_id
  join import_orders s on (s.is_new or s.gained) and s.placed_at >= k.activated_at
  join orders o on o.order_id = s.order_id
 where k.status <> 'cancelled' and v.definition -> 'enter' ->> 'on' = 'order_paid' and o.customer_id is not null
on conflict do nothing
