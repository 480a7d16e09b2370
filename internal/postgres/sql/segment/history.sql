-- Who came into a segment and who left it, by day of the shop, the newest day first.
-- $1 and $2 the names of the events, $3 zone, $4 shop's id of a customer (null: all), $5 at most so many days.
select (e.at at time zone $3::text)::date as day, count(*) filter (where e.name = $1), count(*) filter (where e.name = $2)
  from events e
  join customers u on u.customer_id = e.customer_id
 where e.name in ($1::text, $2::text) and e.source = 'segment' and ($4::text is null or u.shop_id = $4)
 group by 1
 order by 1 desc
 limit $5
