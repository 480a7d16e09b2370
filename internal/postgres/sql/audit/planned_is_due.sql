-- Whatever is planned stands among what is due, or nobody would ever hand it out.
select d.delivery_id from deliveries d
 where d.due_at is not null
   and not exists (select from due q where q.due_at = d.due_at and q.delivery_id = d.delivery_id and q.channel = d.channel and q.expires_at = d.expires_at)
