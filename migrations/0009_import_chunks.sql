-- Order lines are staged a chunk a row: a table row for each line took longer to write, read and join than the merge
-- into order_lines itself. What another version left staged is staged again from the start.
-- +goose Up
create unlogged table import_chunks (
    staged_to int primary key,
    rows      int not null,
    lines     bytea not null
);
comment on column import_chunks.staged_to is 'line of the file up to which its rows are staged';
comment on column import_chunks.lines is 'packed order lines; internal/postgres/import_lines.go says how';
alter table import_chunks alter lines set storage external; -- packed already

-- Within a merge, the lines of known orders, to be compared with what is there.
drop table import_lines;
create unlogged table import_lines (
    order_id     bigint not null,
    line_no      int not null,
    product_id   bigint not null,
    quantity     int not null,
    unit_price   numeric(16, 4) not null,
    amount_minor bigint not null
);
