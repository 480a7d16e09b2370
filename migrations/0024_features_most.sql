-- How many orders anybody has, at most: whether a rule may meet more than it reads one by one is known without looking for them.
-- +goose Up
alter table feature_state add column most_orders int not null default 2147483647;
alter table feature_state add column most_units int not null default 2147483647;
update feature_state set most_orders = (select coalesce(max(orders), 0) from customer_features),
                         most_units = (select coalesce(max(units), 0) from customer_features);
comment on column feature_state.most_orders is 'no row has more orders';
comment on column feature_state.most_units is 'no row has more units';
