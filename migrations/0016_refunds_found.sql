-- A small import asks which refunds its orders may change: without these it goes through all of them.
-- +goose Up
create index refunds_customer on refunds (customer_id, product_id);
create index refunds_named on refunds (source, refund_of) where refund_of is not null;
