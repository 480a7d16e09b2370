-- No two deliveries carry the same message of a provider.
-- Short names first, which are sorted sooner: only where two of them agree are the long ones looked at.
select min(delivery_id) from deliveries
 where provider_id is not null
   and (select exists (select from (select hashtextextended(provider_id, 0) as short from deliveries where provider_id is not null order by 1 offset 0) s
                        group by short having count(*) > 1))
 group by provider, provider_id having count(*) > 1
