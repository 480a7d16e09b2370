-- Ends the rests of a channel now, as the act of this transaction says. $1 channel. Twice: the second time none is left.
update provider_holds set until = greatest(since, least(until, clock_timestamp())) where channel = $1 and until > clock_timestamp()
