-- Takes the audit that is due, if one is. $1 seconds between two. Rows: the number of rows changed says whether it is ours.
-- Twice: the second finds that it is not due.
update audits set begun_at = clock_timestamp() where begun_at < clock_timestamp() - make_interval(secs => $1)
