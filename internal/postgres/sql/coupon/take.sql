-- Holds free codes for the transaction: whoever else looks meanwhile passes them over.
-- $1 pool text, $2 how many int, $3 behind which code: those before it were given away, and the index still has them.
-- Rows: codes, by code, and where they stand while they are held; fewer when there are no more that nobody holds. Twice: in one transaction, the same ones.
select code, ctid
  from coupons
 where pool = $1 and bound_at is null and burnt_at is null and code > $3
 order by code
 limit $2
   for no key update skip locked
