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

-- The denominator of a point: everyone enrolled in the round, in or out by then, both arms, with the instant the window opens.
-- what: entry, wave (the named wave's scheduled instant) or end (the last wave's); of_round 0 is every round.
-- +goose StatementBegin
create function point_anchors(of_campaign int, of_design int, what text, of_wave text, of_round int, as_of timestamptz)
    returns table (arm text, customer_id bigint, entered_at timestamptz, enrollment_id bigint, round int, trigger_order_id bigint, anchor timestamptz)
    language sql stable parallel safe
begin atomic
    select e.arm, e.customer_id, e.entered_at, e.enrollment_id, r.round, e.trigger_order_id,
           case what when 'entry' then e.entered_at
                     when 'wave' then (select d.scheduled_at from deliveries d
                                        where d.customer_id = e.customer_id and d.entered_at = e.entered_at and d.enrollment_id = e.enrollment_id
                                          and d.round = r.round and d.wave = of_wave)
                     else (select max(d.scheduled_at) from deliveries d
                            where d.customer_id = e.customer_id and d.entered_at = e.entered_at and d.enrollment_id = e.enrollment_id and d.round = r.round)
           end
      from enrollments e
      join rounds r on r.customer_id = e.customer_id and r.entered_at = e.entered_at and r.enrollment_id = e.enrollment_id
       and (r.round = of_round or (of_round = 0 and (what <> 'entry' or r.round = 1)))
     where e.campaign_id = of_campaign and e.design = of_design and e.entered_at <= as_of;
end;
-- +goose StatementEnd
