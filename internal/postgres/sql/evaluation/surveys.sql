-- What the final enrollments of a point answered in its window, by what was known of them at entry. $1 to $8 as evaluation/observations;
-- $9 how many answers, and how many values of a characteristic, there may be: what has more is no choice, and is left out.
-- Rows: survey, question, answer (the newest of each enrollment), name and value of a text or truth in force at entry, enrollments. By
-- all five. Twice: only reads.
with final as materialized (
    select a.customer_id, a.entered_at, a.enrollment_id, a.anchor, a.anchor + make_interval(secs => $6::float8) as closes,
           coalesce((select m.merged_into from customers m where m.customer_id = a.customer_id and m.merged_into is not null), a.customer_id) as buyer
      from point_anchors($1, $2, $3, $4, $5, $8) a
     where a.arm in ('treat', 'hold') and a.anchor + make_interval(secs => $6::float8 + $7::float8) + interval '24 hours' <= $8
), answer as materialized (
    select distinct on (f.enrollment_id, v.props ->> 'survey', v.props ->> 'question')
           f.enrollment_id, f.customer_id, f.entered_at, coalesce(v.props ->> 'survey', '') as survey, v.props ->> 'question' as question, v.props ->> 'answer' as answer
      from final f
      join events v on v.customer_id = f.buyer and v.name = 'Survey Answered' and v.at >= f.anchor and v.at < f.closes and v.at <= $8
     where v.props ->> 'question' is not null and v.props ->> 'answer' is not null
     order by f.enrollment_id, v.props ->> 'survey', v.props ->> 'question', v.at desc, v.event_id desc
), trait as (
    select distinct on (p.enrollment_id, t.name) p.enrollment_id, t.name, coalesce(t.text_value, t.truth_value::text) as level
      from (select distinct enrollment_id, customer_id, entered_at from answer) p
      join customer_attributes t on t.customer_id = p.customer_id and t.at <= p.entered_at and t.kind in ('text', 'truth')
     order by p.enrollment_id, t.name, t.at desc
)
select a.survey, a.question, a.answer, t.name, t.level, count(*)
  from answer a
  join (select survey, question from answer group by 1, 2 having count(distinct answer) between 2 and $9::bigint) q on q.survey = a.survey and q.question = a.question
  join trait t on t.enrollment_id = a.enrollment_id
  join (select name from trait group by 1 having count(distinct level) between 2 and $9::bigint) n on n.name = t.name
 group by 1, 2, 3, 4, 5
 order by 1, 2, 3, 4, 5
