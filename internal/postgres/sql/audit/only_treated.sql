-- Nobody in a holdout was written to.
select delivery_id from deliveries where arm <> 'treat' and state in ('sending', 'accepted', 'failed', 'unknown', 'unknown_final')
