-- Notes messages of a day that a gate let through, under the lock of warm_up/hold. $1 channel, $2 day, $3 messages, $4 business time.
update channel_days set passed = passed + $3, last = greatest(last, $4::timestamptz) where channel = $1 and day = $2
