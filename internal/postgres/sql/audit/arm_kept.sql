-- A delivery carries its enrollment's arm.
select d.delivery_id from deliveries d
  join enrollments e on e.customer_id = d.customer_id and e.entered_at = d.entered_at and e.enrollment_id = d.enrollment_id
 where d.arm <> e.arm
