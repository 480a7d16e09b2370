-- The smallest and the largest customer; 0 and 0 where there is none.
select coalesce(min(customer_id), 0), coalesce(max(customer_id), 0) from customers
