-- What evaluation.by asks of a customer is frozen at entry: a profile as it is later may be what the campaign made of it.
-- +goose Up
alter table enrollments add column texts jsonb;
comment on column enrollments.texts is 'what evaluation.by named, as it was at entry; null, or without a name: it was not asked for, or not known';
