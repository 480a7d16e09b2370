-- What one enrollment may count for, frozen with the design; and the one way in which money is rounded in reports.
-- +goose Up
alter table campaign_designs add column caps jsonb not null default '[]' check (jsonb_typeof(caps) = 'array');
comment on column campaign_designs.caps is 'by window: quantiles of what the shop''s customers spent in a window of that length before the design began; empty: too little history';

-- Half to even, exact: as a shop's books round, and as the program does.
-- +goose StatementBegin
create function half_even(x numeric) returns numeric
    language sql immutable parallel safe
    return case when abs(x - trunc(x)) = 0.5 and mod(trunc(x), 2) = 0 then trunc(x) else round(x) end;
-- +goose StatementEnd
