-- Finds the foreign keys, plain indexes and the lines' primary key of the tables that a shop's history goes into.
-- Rows: one each: whether it is the lines' primary key, the statement that drops it, the one that puts it back. Foreign
-- keys are dropped first, for they lean on a primary key, and put back last.
with tables as (
    select unnest(array['identities', 'contacts', 'orders', 'order_lines', 'refunds']::regclass[]) as oid
), found as (
    select c.contype = 'p' as of_line, c.contype = 'f' as refers, c.conname as name,
           format('alter table %s drop constraint %I', c.conrelid::regclass, c.conname) as drop,
           format('alter table %s add constraint %I %s', c.conrelid::regclass, c.conname, pg_get_constraintdef(c.oid)) as restore
      from pg_constraint c
      join tables t on t.oid = c.conrelid
     where c.contype = 'f' or c.contype = 'p' and c.conrelid = 'order_lines'::regclass
    union all
    select false, false, i.indexrelid::regclass::text, format('drop index %s', i.indexrelid::regclass), pg_get_indexdef(i.indexrelid)
      from pg_index i
      join tables t on t.oid = i.indrelid
     where not i.indisunique
)
select of_line, drop, restore from found order by refers desc, name
