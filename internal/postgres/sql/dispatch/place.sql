-- Takes the dispatcher's place for this transaction; no row when another dispatcher has it.
-- $1 start over: nothing is queued any more, $2 seconds after which to start over in any case.
update dispatch
   set due_at = case when $1 or round_at < clock_timestamp() - make_interval(secs => $2) then '-infinity' else due_at end,
       delivery_id = case when $1 or round_at < clock_timestamp() - make_interval(secs => $2) then 0 else delivery_id end,
       round_at = case when $1 or round_at < clock_timestamp() - make_interval(secs => $2) then clock_timestamp() else round_at end
 where only_one = (select only_one from dispatch for update skip locked)
returning due_at, delivery_id
