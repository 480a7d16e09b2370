-- A code stands once, and belongs to a delivery of the customer it names.
select c.code::text from coupons c left join deliveries d
    on d.customer_id = c.customer_id and d.entered_at = c.entered_at and d.enrollment_id = c.enrollment_id and d.round = c.round and d.wave = c.wave
 where c.customer_id is not null and d.delivery_id is null
union
select code from coupons group by code having count(*) > 1
