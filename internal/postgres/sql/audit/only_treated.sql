-- Nobody in a holdout was written to, nor anybody who was to be skipped.
select d.delivery_id from deliveries d
 where (d.arm <> 'treat' or d.skip) and d.state in ('sending', 'accepted', 'failed', 'unknown', 'unknown_final')
