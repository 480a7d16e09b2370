-- What a file's evaluation asks for is read. The texts of `by` are frozen at entry: a profile as it is later may be what the campaign made
-- of it. A file that names no metrics was stored as if it named the primary alone, which is now another wish.
-- +goose Up
alter table enrollments add column texts jsonb;
comment on column enrollments.texts is 'what evaluation.by named, as it was at entry; null, or without a name: it was not asked for, or not known';
update campaign_versions set definition = jsonb_set(definition, '{Evaluation,Metrics}', 'null')
 where definition #> '{Evaluation,Metrics}' = '["repurchase_rate"]';
