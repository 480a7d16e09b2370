-- Notes that somebody puts all ('') or one channel on hold, or releases it or its provider's rest, unless it stands like that already.
-- $1 channel, $2 whether it is put on hold, $3 who, $4 why. The caller holds the table.
-- Twice: the second time it stands like that.
insert into acts (verb, target, was, became, who, because)
select case when $2::bool then 'hold' else 'release' end, coalesce(nullif($1::text, ''), 'all'),
       case when $2 then 'released' else 'on hold' end, case when $2 then 'on hold' else 'released' end, $3::text, $4::text
 where $2 <> exists (select from send_holds where channel = $1)
    or not $2 and exists (select from provider_holds h where h.channel = $1 and h.until > clock_timestamp())
