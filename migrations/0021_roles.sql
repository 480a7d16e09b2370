-- The part each product plays in the shop: traffic, profit, potential or marginal, or new where it sold too little to say.
-- +goose Up
alter table products
    add column role text check (role in ('profit', 'traffic', 'potential', 'marginal', 'new')),
    add column role_given boolean not null default false,
    add column role_reasons jsonb,
    add column role_at timestamptz,
    add check (role is not null or not role_given);
comment on column products.role is 'null: not known';
comment on column products.role_given is 'the shop said so, which no proposal overrides; else it was proposed from sales';
comment on column products.role_reasons is 'the signs that a proposal was made from; null: the role was given, or there is none';
comment on column products.role_at is 'business time of the proposal';
alter table import_products add column role text;
