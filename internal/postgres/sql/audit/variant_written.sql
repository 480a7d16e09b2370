-- A delivery is of a variant of its wave where the wave has any, and of none where it has none.
select d.delivery_id from deliveries d
 where ((d.version_id, d.wave, coalesce(d.variant, '')) in (
           select w.version_id, w.wave, w.variant
             from jsonb_to_recordset((select jsonb_agg(jsonb_build_object('version_id', v.version_id, 'wave', v.wave, 'variant', coalesce(x ->> 'Name', '')))
                                        from version_waves v left join jsonb_array_elements(v.variants) x on true)) as w(version_id int, wave text, variant text))
       ) is false
