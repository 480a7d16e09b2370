-- The messages that a channel has had on a day; the caller holds the row until it has written what it took.
-- $1 channel, $2 day, $3 business time, $4 how many it may have.
insert into channel_days as d (channel, day, since, last, allowed) values ($1, $2, $3, $3, $4)
on conflict (channel, day) do update set allowed = greatest(d.allowed, excluded.allowed)
returning passed
