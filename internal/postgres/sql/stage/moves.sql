-- How many customers there are by their stage on two days, by what is known now.
-- $1 scores, $2 the earlier day, $3 the later one, in days from 1970.
-- Rows: the number of the stage then and of that now (0: had not bought; null: not worked out), customers. Twice: only reads.
select case when m.days = 0 or m.was = 0 then 0 else m.stages[m.was] end, case when m.days = 0 or m.has = 0 then 0 else m.stages[m.has] end, count(*)
  from (select f.days, s.stages, width_bucket($2::int, s.days) as was, width_bucket($3::int, s.days) as has
          from customer_features f
          left join customer_stages s on s.customer_id = f.customer_id and s.version = f.version and s.scores_id = $1::int) m
 group by 1, 2
