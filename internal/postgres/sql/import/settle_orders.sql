-- Adds up what came back of orders: the money, and the instant at which no unit was left.
-- $1 order_id bigint[]; the orders this import changed are added.
-- Rows: none. Twice: only what differs is written.
with asked as (
    select unnest($1::bigint[]) as order_id
    union
    select order_id from import_orders where changed
), lines as (
    select l.order_id, sum(l.quantity) as units, sum(l.refunded_quantity) as returned
      from order_lines l
     where l.order_id in (select order_id from asked)
     group by l.order_id
), refunded as (
    select r.order_id, sum(r.amount_minor)::bigint as minor, max(r.refunded_at) as last_at
      from refunds r
     where r.order_id in (select order_id from asked)
     group by r.order_id
)
update orders o
   set refunded_minor = x.minor, unkept_at = x.unkept_at
  from (select l.order_id, coalesce(r.minor, 0) as minor, case when l.returned = l.units then r.last_at end as unkept_at
          from lines l
          left join refunded r on r.order_id = l.order_id) x
 where x.order_id = o.order_id and (o.refunded_minor, o.unkept_at) is distinct from (x.minor, x.unkept_at)
