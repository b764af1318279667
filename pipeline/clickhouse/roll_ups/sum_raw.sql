-- Numbers of each month in the raw table, of the rows under a condition; month 0 is all of them.
SELECT toYYYYMM(at, 'Asia/Ho_Chi_Minh') AS month, [$numbers]
FROM events
WHERE $of_kinds AND $rows
GROUP BY month WITH ROLLUP
