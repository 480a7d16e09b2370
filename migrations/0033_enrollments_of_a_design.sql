-- The index that reports read by began with the campaign, and was as good as the key to a planner who knows nothing of the
-- table yet: a customer's entries were looked for among all of their campaign.
-- +goose Up
drop index enrollments_design;
create index enrollments_design on enrollments (design, campaign_id, entered_at);
