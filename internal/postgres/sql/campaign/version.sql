-- One stored version with the design it belongs to: what deliveries in flight are sent from. Entry into a design ends
-- where the next begins.
select c.campaign_id, c.name, c.status, coalesce(c.status_reason, ''), v.design, c.activated_at,
       least(c.entry_until, (select n.started_at from campaign_designs n where n.campaign_id = v.campaign_id and n.design = v.design + 1)) as entry_until,
       c.slot_done, c.slot_open, c.slot_cursor, v.version_id, v.hash, v.definition, v.files, g.design_hash, g.holdout_ppb, g.auto, g.skips, g.global_ppb, g.epoch, g.started_at, coalesce(g.scores_id, 0), x.definition
  from campaign_versions v
  join campaigns c on c.campaign_id = v.campaign_id
  join campaign_designs g on g.campaign_id = v.campaign_id and g.design = v.design
  left join scores x on x.scores_id = g.scores_id
 where v.version_id = $1
