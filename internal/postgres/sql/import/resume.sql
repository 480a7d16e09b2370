-- Finds an import that was interrupted while the rows it staged are still there.
-- $1 file_sha256 bytea, $2 kind, $3 preset, $4 settings.
-- Rows: one, or none when staging begins from the start.
select job_id, staged_to
  from import_jobs
 where file_sha256 = $1 and kind = $2 and preset = $3 and settings = $4 and status = 'staging'
   and staged_rows = case kind when 'orders' then (select count(*) from import_lines)
                               when 'customers' then (select count(*) from import_customers)
                               else (select count(*) from import_products) end
