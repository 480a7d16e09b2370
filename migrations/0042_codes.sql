-- Codes are compared as the bytes that they are, and looked at once, when they come in: both were done again with every code given away.
-- +goose Up

alter table coupon_leaks alter column code type text collate "C";
alter table order_coupons alter column code type text collate "C";
alter table coupons alter column code type text collate "C", drop constraint coupons_code_check;

-- +goose StatementBegin
create function refuse_code() returns trigger language plpgsql as $$
begin
    raise exception 'a code is 4 to 40 capital letters and digits, not %', new.code using errcode = 'check_violation';
end $$;
-- +goose StatementEnd
create trigger coupons_code before insert or update of code on coupons for each row
    when (new.code !~ '^[A-Z0-9]{4,40}$') execute function refuse_code();
