-- No two deliveries carry the same message of a provider.
select min(delivery_id) from deliveries where provider_id is not null group by provider, provider_id having count(*) > 1
