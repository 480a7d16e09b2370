-- Brings what is told of known orders up to the file; what it does not say stays.
-- Rows: none; import_orders.retold says which.
-- Twice: only what differs is written.
with told as (
    update orders o
       set status = coalesce(s.status, o.status), entry_path = coalesce(s.entry_path, o.entry_path),
           promised_at = coalesce(s.promised_at, o.promised_at), delivered_at = coalesce(s.delivered_at, o.delivered_at),
           discount_minor = coalesce(s.discount_minor, o.discount_minor), coupon_code = coalesce(s.coupon_code, o.coupon_code)
      from import_orders s
     where s.order_id = o.order_id and not s.is_new
       and (coalesce(s.status, o.status), coalesce(s.entry_path, o.entry_path), coalesce(s.promised_at, o.promised_at),
            coalesce(s.delivered_at, o.delivered_at), coalesce(s.discount_minor, o.discount_minor), coalesce(s.coupon_code, o.coupon_code))
           is distinct from (o.status, o.entry_path, o.promised_at, o.delivered_at, o.discount_minor, o.coupon_code)
    returning o.order_id
)
update import_orders s set retold = true from told where told.order_id = s.order_id
