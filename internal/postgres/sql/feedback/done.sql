-- Ends words, or puts them off. $1 words, $2 seconds until they are looked at again (null: they are done), $3 why they are rejected (empty: they are not).
update feedback f set due_at = clock_timestamp() + make_interval(secs => a.wait), rejected = nullif(a.why, '')
  from unnest($1::bigint[], $2::float8[], $3::text[]) as a(feedback_id, wait, why)
 where f.feedback_id = a.feedback_id
