-- When each customer came into which stage, and when they will into the next if they buy nothing: worked out in Go, looked up by rules.
-- +goose Up
create sequence feature_versions as int cycle;
alter table customer_features add column version int not null default 0;
comment on column customer_features.version is 'of the statement that wrote the row last: whatever else is told of a customer''s orders is right while it rests on this one';

-- No foreign keys: the rows are derived, and whoever is merged or has no orders left is taken out in passing.
create table customer_stages (
    customer_id bigint primary key,
    scores_id   int not null,
    version     int not null,
    days        int[] not null,
    stages      smallint[] not null check (cardinality(stages) = cardinality(days) and cardinality(days) > 0)
);
comment on table customer_stages is 'whoever has bought: a row is right iff both its version and its scores are those in use; where there is no right one the rule in Go decides';
comment on column customer_stages.days is 'since when each stage is in force, in days from 1970, rising: stages[width_bucket(a day, days)] is the one of that day';
comment on column customer_stages.stages is '1 developing, 2 growing, 3 mature, 4 declining, 5 lapsed';

create table stage_due (
    due_id    bigint generated always as identity primary key,
    customers bigint[],
    after     bigint,
    check ((customers is null) <> (after is null))
);
comment on table stage_due is 'whose stages may have to be worked out anew: a hint, without which the rule in Go decides a little longer';
comment on column stage_due.after is 'everybody with a higher id';

alter table feature_state add column staged_by int references scores;
comment on column feature_state.staged_by is 'the scores by which customer_stages is told, or is being';
