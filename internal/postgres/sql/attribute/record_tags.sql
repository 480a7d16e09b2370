-- Adds what the staged customers file says of tags to their history, as attribute/record does of attributes. A
-- customer of whom nothing was said has no tags.
-- $1 source text.
-- Rows: one count, of customers' tags that are new or changed.
-- Twice: the same rows of history are there.
with stated as (
    select distinct on (c.customer_id, coalesce(c.changed_at, now()))
           c.customer_id, coalesce(c.changed_at, now()) as at, c.changed_at is null as undated, c.tags
      from import_customers c
      join contacts k on k.customer_id = c.customer_id and k.erased_at is null
     where c.tags is not null
     order by c.customer_id, coalesce(c.changed_at, now()), c.line desc
), added as (
    insert into customer_tags as k (customer_id, at, tags, source)
    select s.customer_id, s.at, s.tags, $1
      from stated s
     where not s.undated
        or s.tags <> coalesce((select n.tags from customer_tags n where n.customer_id = s.customer_id and n.at <= s.at order by n.at desc limit 1), '{}')
    on conflict (customer_id, at) do update
       set tags = excluded.tags, source = excluded.source, recorded_at = excluded.recorded_at
     where k.tags <> excluded.tags
    returning 1
)
select count(*) from added
