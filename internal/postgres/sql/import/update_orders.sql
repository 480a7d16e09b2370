-- Brings the heads of known orders up to the file. A guest's order may gain a customer; one with a customer keeps one.
-- Of one that went to another nothing came back until its refunds are matched again, for some stay with the one who had it.
-- Rows: none; import_orders says which changed, which gained a customer, and whose those were that went to another.
-- Twice: only what differs is written.
with changed as (
    update orders o
       set customer_id = coalesce(c.customer_id, o.customer_id), placed_at = s.placed_at, currency = s.currency
      from (select s.*, k.customer_id as was, k.customer_id is null and c.customer_id is not null as was_guest
              from import_orders s join orders k on k.order_id = s.order_id left join import_customers c on c.seq = s.customer_seq) s
      left join import_customers c on c.seq = s.customer_seq
     where s.order_id = o.order_id and not s.is_new
       and (coalesce(c.customer_id, o.customer_id), s.placed_at, s.currency) is distinct from (o.customer_id, o.placed_at, o.currency)
    returning o.order_id, s.was_guest, nullif(s.was, o.customer_id) as had
), returned as (
    update order_lines l set refunded_quantity = 0 from changed c where c.had is not null and l.order_id = c.order_id and l.refunded_quantity > 0
)
update import_orders s set changed = true, gained = changed.was_guest, had_customer_id = changed.had from changed where changed.order_id = s.order_id
