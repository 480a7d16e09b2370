-- Notes that a provider rests, unless it is known to rest at least as long: a rest gets longer and never shorter.
-- $1 channel, $2 business time (null: the database's clock), $3 seconds, $4 why.
-- Twice: at the same business time the second finds the first.
insert into provider_holds (channel, since, until, reason)
select $1::text, now.at, now.at + make_interval(secs => $3), $4::text
  from (select coalesce($2::timestamptz, clock_timestamp()) as at offset 0) now
 where not exists (select from provider_holds h where h.channel = $1 and h.until >= now.at + make_interval(secs => $3))
