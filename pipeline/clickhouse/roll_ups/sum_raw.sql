-- Views and visits of each month in the raw table, of the rows under a condition; month 0 is all of them.
SELECT toYYYYMM(at, 'Asia/Ho_Chi_Minh') AS month, count(), countIf(visit)
FROM events
WHERE kind = 'view' AND $rows
GROUP BY month WITH ROLLUP
