-- The newest order up to $2, or any of those stored last that is not before $1: only where those are old is every order looked at.
select coalesce(
       (select max(recent.placed_at)
          from (select o.placed_at from orders o order by o.order_id desc limit 1000) recent
         where recent.placed_at >= $1 and recent.placed_at <= $2),
       (select max(o.placed_at) from orders o where o.placed_at <= $2))
