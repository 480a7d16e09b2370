-- Takes back what messages would have cost that were not taken after all. $1 campaign, $2 cost in millionths.
update campaign_limits set spent_micros = spent_micros - $2 where campaign_id = $1
