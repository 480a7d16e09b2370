-- Of everybody who bought it is told in which stages of life they were and will be, or noted that it is to be worked out.
select f.customer_id
  from customer_features f cross join feature_state t
 where t.staged_by is not null and f.orders > 0 and not exists (select from stage_due)
   and not exists (select from customer_stages s where s.customer_id = f.customer_id and s.version = f.version and s.scores_id = t.staged_by)
