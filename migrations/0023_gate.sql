-- The gate asks of each customer whether they were merged; hardly any were.
-- +goose Up
create index customers_merged on customers (customer_id) include (merged_into) where merged_into is not null;
