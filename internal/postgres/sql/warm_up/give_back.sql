-- Takes back messages of a day that were surely not taken. $1 channel, $2 day, $3 messages.
update channel_days set passed = passed - $3 where channel = $1 and day = $2
