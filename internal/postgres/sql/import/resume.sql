-- Finds an import that was interrupted while the rows it staged are still there.
-- $1 file_sha256 bytea, $2 kind, $3 preset, $4 settings.
-- Rows: one, or none when staging begins from the start.
select job_id, staged_to, started_at
  from import_jobs
 where file_sha256 = $1 and kind = $2 and preset = $3 and settings = $4 and status = 'staging'
   and staged_rows = case kind when 'orders' then (select coalesce(sum(rows), 0) from import_chunks)
                               when 'customers' then (select count(*) from import_customers)
                               when 'events' then (select count(*) from import_events)
                               when 'suppressions' then (select count(*) from import_suppressions)
                               else (select count(*) from import_products) end
