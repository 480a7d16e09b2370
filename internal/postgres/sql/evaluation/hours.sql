-- How many orders the whole shop had in each hour of a time. $1 from, $2 to (not included).
-- Rows: hours after $1, orders; hours without any are left out; by hour. Twice: only reads.
select floor(extract(epoch from o.placed_at - $1::timestamptz) / 3600)::int, count(*)
  from orders o
 where o.placed_at >= $1 and o.placed_at < $2
 group by 1
 order by 1
