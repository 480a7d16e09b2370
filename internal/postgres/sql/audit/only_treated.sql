-- Nobody in a holdout was written to, nor anybody who was to be skipped.
select delivery_id from deliveries where (arm <> 'treat' or skip) and state in ('sending', 'accepted', 'failed', 'unknown', 'unknown_final')
