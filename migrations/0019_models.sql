-- What was fitted to all customers of the shop, and which of it a design's rules read for ever.
-- +goose Up
create table scores (
    scores_id   int generated always as identity primary key,
    fitted_at   timestamptz not null,
    currency    text not null check (currency ~ '^[A-Z]{3}$'),
    zone        text not null,
    accepted    boolean not null,
    why         text,
    definition  jsonb not null,
    evidence    jsonb not null,
    recorded_at timestamptz not null default now(),
    check (accepted or why <> '')
);
create index scores_newest on scores (fitted_at, scores_id);
comment on table scores is 'one row a fit, rows are only added: a campaign and a question about the past read what there was then';
comment on column scores.fitted_at is 'business time: what was known of orders by then was learnt from';
comment on column scores.accepted is 'rules may read it; a refit that moved too far is kept beside and read by nobody';
comment on column scores.why is 'why it was not accepted, or would not have been had nobody said so';
comment on column scores.definition is 'all that a rule reads';
comment on column scores.evidence is 'how the fit went and how its check came out, for people';

-- +goose StatementBegin
create function refuse_scores_change() returns trigger language plpgsql as $$
begin
    raise exception 'scores % are kept as they were fitted', old.scores_id;
end $$;
-- +goose StatementEnd
create trigger scores_immutable before update or delete on scores for each row execute function refuse_scores_change();

alter table campaign_designs add column scores_id int references scores;
comment on column campaign_designs.scores_id is 'what the rule of the design predicts by, the newest accepted when it began; null: it predicts nothing, or there was none, and what it predicts is unknown';
