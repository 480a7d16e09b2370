-- Forgets that rows were handed out: their hints never reached the queue, or the queue lost them.
-- $1 delivery ids; null: every due planned row. Safe to run twice.
update deliveries set handed_at = null
 where state = 'planned' and handed_at is not null and ($1::bigint[] is null or delivery_id = any($1))
