-- What came back of a line and of an order is what its refunds say.
select o.order_id from orders o
  left join (select order_id, sum(amount_minor) as minor from refunds where order_id is not null group by order_id) f using (order_id)
 where o.refunded_minor <> coalesce(f.minor, 0)
union
select l.order_id from order_lines l
  left join (select order_id, order_line_no, sum(quantity) as units from refunds where order_id is not null group by 1, 2) f
         on f.order_id = l.order_id and f.order_line_no = l.line_no
 where l.refunded_quantity <> coalesce(f.units, 0)
