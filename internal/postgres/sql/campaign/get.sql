-- One campaign by name, with its current version and design.
select c.campaign_id, c.name, c.status, coalesce(c.status_reason, ''), c.design, c.activated_at, c.entry_until, c.slot_done, c.slot_open, c.slot_cursor, v.version_id, v.hash, v.definition, v.files, g.design_hash, g.holdout_ppb, g.auto, g.skips, g.global_ppb, g.epoch, g.started_at, coalesce(g.scores_id, 0), x.definition
  from campaigns c
  join campaign_versions v on v.version_id = c.version_id
  join campaign_designs g on g.campaign_id = c.campaign_id and g.design = c.design
  left join scores x on x.scores_id = g.scores_id
 where $1::text is null or c.name = $1
 order by c.name
