-- Notes the codes that staged orders name; an import adds, and never takes away.
-- $1 numbers of staged orders int[], $2 the codes, one for one.
-- Rows: the orders that named one for the first time. Twice: nothing is new.
insert into order_coupons (order_id, code)
select distinct o.order_id, a.code
  from unnest($1::int[], $2::text[]) as a(seq, code)
  join import_orders o on o.seq = a.seq
    on conflict (order_id, code) do nothing
returning order_id
