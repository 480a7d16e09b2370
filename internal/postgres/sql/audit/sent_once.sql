-- A gate let a delivery pass at most once for each time it was surely not taken: the epoch never runs ahead of the tries.
select delivery_id from deliveries where epoch <> tries or (state in ('accepted', 'failed', 'unknown', 'unknown_final', 'sending') and epoch = 0)
