-- At the first apply of an order-triggered campaign: the orders it must consider that are stored already. $1 campaign.
insert into inbox (campaign_id, order_id, customer_id, placed_at)
select c.campaign_id, o.order_id, o.customer_id, o.placed_at
  from campaigns c join orders o on o.placed_at >= c.activated_at and o.customer_id is not null
 where c.campaign_id = $1
on conflict do nothing
