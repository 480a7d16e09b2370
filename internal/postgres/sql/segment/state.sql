-- On which basis features are kept, and what is known of all rows.
-- $1 orders and $2 units that a rule reads one by one, $3 whether later statements see what this one does.
-- Rows: one at most; whether somebody has more, and the scores by which the stages of everybody who bought are told (0: of none).
select currency, zone, case when isfinite(newest_at) then newest_at else 'epoch' end, most_orders > $1 or most_units > $2,
       case when $3 and not exists (select from stage_due) then coalesce(staged_by, 0) else 0 end
  from feature_state
