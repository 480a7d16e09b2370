-- Stages bans. Of an address only its hash is written down.
-- $1 lines int[], $2 channels text[], $3 addresses text[], $4 reasons text[], $5 at timestamptz[] (null: not said).
-- Rows: none; the command tag counts.
insert into import_suppressions (line, channel, address_hash, reason, at)
select s.line, s.channel, address_hash(s.address), s.reason, s.at
  from unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::timestamptz[]) s(line, channel, address, reason, at)
