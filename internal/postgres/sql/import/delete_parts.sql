-- Takes away the stored parts of matched refund lines that the new matching does not have.
-- Rows: none. Twice: they are gone.
delete from refunds r
 using (select source, shop_refund_id, line_no, max(part) as parts from import_parts group by 1, 2, 3) p
 where r.source = p.source and r.shop_refund_id = p.shop_refund_id and r.line_no = p.line_no and r.part > p.parts
