SELECT toYYYYMM(at, 'Asia/Ho_Chi_Minh') AS month, count() FROM events WHERE $rows GROUP BY month ORDER BY month
