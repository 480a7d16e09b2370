-- Locks the customers of new orders at the end of a merge, so that a gate either sees the orders or was done before them.
-- Rows: none; the command tag counts. Twice: only locks.
select from contacts
 where customer_id in (select o.customer_id from import_orders s join orders o on o.order_id = s.order_id where s.is_new)
 order by customer_id
   for no key update
