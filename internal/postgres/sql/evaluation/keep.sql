-- Keeps statistics as they stood. Columns as migrations/0007. Safe to run twice: the same instant says the same.
insert into statistics (campaign_id, design, point, round, arm, as_of, enrollments, matured, final, buyers, orders, revenue_minor)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
on conflict (campaign_id, design, point, round, arm, as_of) do update
   set enrollments = excluded.enrollments, matured = excluded.matured, final = excluded.final, buyers = excluded.buyers,
       orders = excluded.orders, revenue_minor = excluded.revenue_minor, recorded_at = now()
