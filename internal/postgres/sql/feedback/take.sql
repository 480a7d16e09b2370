-- Takes words whose time has come, and finds the deliveries that they speak of: those of this installation, on the word's channel.
-- $1 what references of this installation end in, $2 at most so many.
-- Rows: word, delivery (null: there is none), customer of it, whether the word bans the address, whether the reference is ours, received,
-- channel, reference.
-- Twice: of several callers at once each gets others; the caller holds them until it commits.
with due as (
    select feedback_id, channel, ref, type, hard, received_at from feedback where due_at <= clock_timestamp() order by due_at limit $2 for update skip locked
), named as (
    select due.*, case when split_part(ref, '.', 2) = $1 and ref ~ '^[0-9]{1,18}[.][^.]+$' then split_part(ref, '.', 1)::bigint end as id from due
)
select n.feedback_id, d.delivery_id, d.customer_id, n.type = 'complained' or n.type = 'bounced' and n.hard, n.id is not null, n.received_at, n.channel, n.ref
  from named n left join deliveries d on d.delivery_id = n.id and d.channel = n.channel
 order by n.feedback_id
