-- Begins anew with other scores: everybody is due, and no hint is needed.
-- $1 scores (null: none, then nobody is).
-- Rows: none. Twice: the same is due.
with hints as (
    delete from stage_due
), everybody as (
    insert into stage_due (after) select 0 where $1::int is not null
)
update feature_state set staged_by = $1::int where staged_by is distinct from $1::int
