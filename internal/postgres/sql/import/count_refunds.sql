-- How the file's refund lines stand after the merge.
-- $1 source text.
-- Rows: one: lines new, changed, the same; matched whole, in part, not at all; units that found a line; minor units given back by those not matched at all.
select count(*) filter (where x.state = 'new'), count(*) filter (where x.state = 'changed'), count(*) filter (where x.state = 'same'),
       count(*) filter (where x.matched = x.quantity), count(*) filter (where x.matched > 0 and x.matched < x.quantity), count(*) filter (where x.matched = 0),
       coalesce(sum(x.matched), 0)::bigint, coalesce(sum(x.amount_minor) filter (where x.matched = 0), 0)::bigint
  from (select s.seq, s.state, s.quantity, coalesce(sum(r.quantity) filter (where r.order_id is not null), 0) as matched, sum(r.amount_minor) as amount_minor
          from import_refunds s
          join refunds r on r.source = $1 and r.shop_refund_id = s.shop_refund_id and r.line_no = s.line_no
         group by s.seq, s.state, s.quantity) x
