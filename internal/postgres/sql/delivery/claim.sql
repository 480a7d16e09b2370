-- Notes the rows that a gate let through, so that somebody looks at them if the worker dies. $1 delivery ids, $2 epochs, $3 lease in seconds.
insert into claims (kind, attend_at, delivery_ids, epochs) values ('lease', clock_timestamp() + make_interval(secs => $3), $1, $2) returning claim_id
