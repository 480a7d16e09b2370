-- What messages lost to, and what a campaign may spend in a day.
-- +goose Up
alter table deliveries add column lost_to jsonb;
comment on column deliveries.lost_to is 'what it lost to at the gate, where its reason is capped, outranked or cool_down, or held after that; null: nothing, or it was decided before this was kept';

alter table campaign_limits
    add column day_budget_micros bigint check (day_budget_micros >= 0),
    add column day_from          timestamptz,
    add column day_micros        bigint not null default 0;
comment on column campaign_limits.day_budget_micros is 'in millionths of the main unit, as its newest definition says; null: none';
comment on column campaign_limits.day_from is 'when the day began, in the shop''s zone, that day_micros is of; null: none has';
comment on column campaign_limits.day_micros is 'what was let through on that day: messages that may have been taken, and the face value of codes bound with them';

-- Whoever was merged away leads to the customer in one step, and from there back.
create index customers_merged_into on customers (merged_into) where merged_into is not null;
