-- Begins an import, or begins one that was made before anew.
-- $1 file_sha256 bytea, $2 kind, $3 preset, $4 settings, $5 file_name, $6 started_at.
-- Rows: its job_id and started_at.
-- Twice: the same row, begun again.
insert into import_jobs (file_sha256, kind, preset, settings, file_name, status, started_at)
values ($1, $2, $3, $4, $5, 'staging', $6)
on conflict (file_sha256, kind, preset, settings) do update
   set status = 'staging', file_name = excluded.file_name, staged_to = 0, staged_rows = 0, started_at = excluded.started_at, finished_at = null
returning job_id, started_at
