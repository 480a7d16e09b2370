-- The denominator of a point, read with joins: a look-up for each enrollment takes a second of a hundred thousand.
-- +goose Up
-- +goose StatementBegin
create or replace function point_anchors(of_campaign int, of_design int, what text, of_wave text, of_round int, as_of timestamptz)
    returns table (arm text, customer_id bigint, entered_at timestamptz, enrollment_id bigint, round int, trigger_order_id bigint, anchor timestamptz)
    language sql stable parallel safe
begin atomic
    -- Only one of the three is ever run.
    select e.arm, e.customer_id, e.entered_at, e.enrollment_id, r.round, e.trigger_order_id, e.entered_at
      from enrollments e
      join rounds r on r.customer_id = e.customer_id and r.entered_at = e.entered_at and r.enrollment_id = e.enrollment_id
       and r.round = case of_round when 0 then 1 else of_round end
     where what = 'entry' and e.campaign_id = of_campaign and e.design = of_design and e.entered_at <= as_of
    union all
    select e.arm, e.customer_id, e.entered_at, e.enrollment_id, r.round, e.trigger_order_id, d.scheduled_at
      from enrollments e
      join rounds r on r.customer_id = e.customer_id and r.entered_at = e.entered_at and r.enrollment_id = e.enrollment_id
       and (r.round = of_round or of_round = 0)
      left join deliveries d on d.customer_id = r.customer_id and d.entered_at = r.entered_at and d.enrollment_id = r.enrollment_id
       and d.round = r.round and d.wave = of_wave
     where what = 'wave' and e.campaign_id = of_campaign and e.design = of_design and e.entered_at <= as_of
    union all
    select e.arm, e.customer_id, e.entered_at, e.enrollment_id, r.round, e.trigger_order_id, max(d.scheduled_at)
      from enrollments e
      join rounds r on r.customer_id = e.customer_id and r.entered_at = e.entered_at and r.enrollment_id = e.enrollment_id
       and (r.round = of_round or of_round = 0)
      left join deliveries d on d.customer_id = r.customer_id and d.entered_at = r.entered_at and d.enrollment_id = r.enrollment_id
       and d.round = r.round
     where what = 'end' and e.campaign_id = of_campaign and e.design = of_design and e.entered_at <= as_of
     group by e.customer_id, e.entered_at, e.enrollment_id, r.round;
end;
-- +goose StatementEnd
