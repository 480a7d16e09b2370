-- Whether somebody's stage is to be worked out, on one basis, by the newest accepted scores of an instant.
-- $1 currency, $2 zone, $3 business instant.
-- Rows: one where the features are kept on that basis: those scores (null: none), whether all begins anew, whether there is something to do.
-- Twice: only reads.
select n.scores_id, n.scores_id is distinct from s.staged_by, n.scores_id is distinct from s.staged_by or exists (select from stage_due)
  from feature_state s
  left join lateral (
      select scores_id from scores
       where currency = $1 and zone = $2 and fitted_at <= $3 and accepted
       order by fitted_at desc, scores_id desc
       limit 1) n on true
 where s.currency = $1 and s.zone = $2
