-- The providers that rest now: since when without a break, until when, and why, as the row that ends last says. Rows: one a channel, by its name.
with recursive resting as (
    select distinct on (h.channel) h.channel, h.since, h.until, h.reason
      from provider_holds h where h.until > clock_timestamp()
     order by h.channel, h.until desc, h.hold_id
), begun as (
    select channel, since from resting
    union
    select b.channel, h.since from begun b join provider_holds h on h.channel = b.channel and h.since < b.since and h.until >= b.since
)
select r.channel, (select min(b.since) from begun b where b.channel = r.channel), r.until, r.reason from resting r order by r.channel
