-- Adds what the staged customers file says of attributes to their history. Without an instant of its own a value holds
-- from now on, and only if it is another than the newest. An erased customer gets none.
-- $1 source text.
-- Rows: one count, of values that are new or changed.
-- Twice: the same rows of history are there.
with stated as (
    select distinct on (c.customer_id, a.key, coalesce(c.changed_at, now()))
           c.customer_id, a.key as name, coalesce(c.changed_at, now()) as at, c.changed_at is null as undated, a.value ->> 0 as kind, a.value ->> 1 as value
      from import_customers c
      join contacts k on k.customer_id = c.customer_id and k.erased_at is null
     cross join lateral jsonb_each(c.attributes) a
     where c.attributes is not null
     order by c.customer_id, a.key, coalesce(c.changed_at, now()), c.line desc
), typed as (
    select s.*, case kind when 'text' then value end as text_value, case kind when 'number' then value::double precision end as number_value,
           case kind when 'date' then value::date end as date_value, case kind when 'truth' then value::boolean end as truth_value
      from stated s
), added as (
    insert into customer_attributes as k (customer_id, name, at, kind, text_value, number_value, date_value, truth_value, source)
    select t.customer_id, t.name, t.at, t.kind, t.text_value, t.number_value, t.date_value, t.truth_value, $1
      from typed t
      left join lateral (
          select n.text_value, n.number_value, n.date_value, n.truth_value from customer_attributes n
           where t.undated and n.customer_id = t.customer_id and n.name = t.name and n.at <= t.at
           order by n.at desc limit 1) newest on true
     where (newest.text_value, newest.number_value, newest.date_value, newest.truth_value)
           is distinct from (t.text_value, t.number_value, t.date_value, t.truth_value)
    on conflict (customer_id, name, at) do update
       set kind = excluded.kind, text_value = excluded.text_value, number_value = excluded.number_value, date_value = excluded.date_value,
           truth_value = excluded.truth_value, source = excluded.source, recorded_at = excluded.recorded_at
     where (k.text_value, k.number_value, k.date_value, k.truth_value)
           is distinct from (excluded.text_value, excluded.number_value, excluded.date_value, excluded.truth_value)
    returning 1
)
select count(*) from added
