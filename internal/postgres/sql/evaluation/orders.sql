-- The average kept order of those held out, in minor units: what an order is worth without the campaign; and the entries' first and last.
-- $1 campaign, $2 design, $3 as of, $4 currency.
select min(e.entered_at), max(e.entered_at),
       coalesce((select avg(o.gross_minor - o.refunded_minor) from orders o where o.currency = $4 and o.placed_at <= $3
                  and (o.unkept_at is null or o.unkept_at > $3) and o.customer_id in
                     (select h.customer_id from enrollments h where h.campaign_id = $1 and h.design = $2 and h.arm = 'hold')), 0)::bigint
  from enrollments e where e.campaign_id = $1 and e.design = $2 and e.entered_at <= $3
