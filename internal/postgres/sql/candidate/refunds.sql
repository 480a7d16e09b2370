-- What came back of orders, oldest first. $1 order ids.
select order_id, refunded_at, amount_minor from refunds where order_id = any($1) order by order_id, refunded_at
