-- Sufficient statistics as they stood when a report was made: what was known then can be shown again.
-- +goose Up
create table statistics (
    campaign_id   int not null references campaigns,
    design        int not null,
    point         text not null,
    round         int not null,
    arm           text not null,
    as_of         timestamptz not null,
    enrollments   bigint not null,
    matured       bigint not null,
    final         bigint not null,
    buyers        bigint not null,
    orders        bigint not null,
    revenue_minor bigint not null,
    recorded_at   timestamptz not null default now(),
    primary key (campaign_id, design, point, round, arm, as_of)
);
