-- Where the deliveries of a campaign stand, over all designs. $1 campaign.
select d.round, d.wave, d.state, count(*) from deliveries d where d.campaign_id = $1 group by 1, 2, 3 order by 1, 2, 3
