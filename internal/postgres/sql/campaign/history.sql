-- What was done to a campaign, oldest first. $1 campaign.
select h.at, h.deed, coalesce(h.because, '') as because, coalesce(v.hash, '') as hash, coalesce(v.design, 0) as design, coalesce(v.version_id, 0) as version
  from campaign_history h left join campaign_versions v on v.version_id = h.version_id
 where h.campaign_id = $1
 order by h.history_id
