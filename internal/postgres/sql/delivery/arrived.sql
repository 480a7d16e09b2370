-- What deliveries stand for: whom they were written to, by which wave, with which code.
-- $1 delivery ids.
-- Rows: one a delivery, by id: shop's id of the customer, campaign, wave, the code that it carried ('': none), its end (null: none).
-- Twice: only reads.
select d.delivery_id, k.shop_id, c.name, d.wave, coalesce(x.code, ''), x.expires_at
  from deliveries d
  join customers k on k.customer_id = d.customer_id
  join campaigns c on c.campaign_id = d.campaign_id
  left join coupons x on x.customer_id = d.customer_id and x.entered_at = d.entered_at and x.enrollment_id = d.enrollment_id
                     and x.round = d.round and x.wave = d.wave
 where d.delivery_id = any($1::bigint[])
 order by d.delivery_id
