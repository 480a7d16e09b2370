-- What was done to a campaign and why, one row a deed; rows are only added.
-- +goose Up
create table campaign_history (
    history_id  bigint generated always as identity primary key,
    campaign_id int not null references campaigns,
    at          timestamptz not null default now(),
    deed        text not null check (deed in ('applied', 'paused', 'resumed', 'cancelled')),
    because     text,
    version_id  int references campaign_versions,
    check ((deed = 'applied') = (version_id is not null))
);
create index campaign_history_campaign on campaign_history (campaign_id, history_id);

insert into campaign_history (campaign_id, at, deed, version_id)
select campaign_id, applied_at, 'applied', version_id from campaign_versions order by version_id;
insert into campaign_history (campaign_id, at, deed, because)
select campaign_id, status_at, status, status_reason from campaigns where status in ('paused', 'cancelled') order by campaign_id;
