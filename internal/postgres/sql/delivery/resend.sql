-- Notes that messages in doubt are about to be sent again under their keys. The caller holds the customers and has committed before any call.
-- $1 delivery ids, $2 epochs, $3 the provider's window in seconds.
-- Rows: those that are noted; what is not in doubt any more, or in other hands, is not.
insert into resends (delivery_id, epoch, claimed_at, until)
select d.delivery_id, d.epoch, d.claimed_at, d.claimed_at + make_interval(secs => $3)
  from unnest($1::bigint[], $2::int[]) as a(delivery_id, epoch)
  join deliveries d on d.delivery_id = a.delivery_id and d.epoch = a.epoch and d.state = 'unknown'
   for no key update of d skip locked
returning delivery_id
