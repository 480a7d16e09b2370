-- A delivery is of a variant of its wave where the wave has any, and of none where it has none.
select d.delivery_id from deliveries d
  join version_waves w on w.version_id = d.version_id and w.wave = d.wave
 where case when w.variants = '[]' then d.variant is not null
            else not exists (select from jsonb_array_elements(w.variants) as x where x ->> 'Name' = d.variant) end
