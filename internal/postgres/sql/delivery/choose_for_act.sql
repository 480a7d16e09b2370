-- Locks the deliveries that a person means, and notes what is about to be done to them.
-- $1 ids (null: all of the campaign), $2 campaign (null: any), $3 states they may be in, $4 those past this instant are left (null: none is),
-- $5 verb, $6 state they go to, $7 who, $8 why.
-- Rows: one a delivery. Twice: the second time finds them in another state.
with chosen as (
    select d.delivery_id, d.state
      from deliveries d
     where ($1::bigint[] is null or d.delivery_id = any ($1)) and ($2::text is null or d.campaign_id = (select c.campaign_id from campaigns c where c.name = $2))
       and d.state = any ($3::text[]) and ($4::timestamptz is null or d.expires_at > $4)
     order by d.customer_id, d.delivery_id
       for no key update
)
insert into acts (verb, delivery_id, was, became, who, because)
select $5::text, delivery_id, state, $6::text, $7::text, $8::text from chosen
returning delivery_id
