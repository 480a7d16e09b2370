-- The installation's own name and the secrets behind its links, newest first.
select i.id::text, array(select k.secret from link_keys k order by k.key_id desc) from installation i
