-- The months of Asia/Ho_Chi_Minh (YYYYMM) that have events or sums of them, with the number of events.
SELECT month, sum(rows) AS events
FROM
(
    SELECT toYYYYMM(at, 'Asia/Ho_Chi_Minh') AS month, count() AS rows FROM events GROUP BY month
    UNION ALL
    SELECT DISTINCT toYYYYMM(day), 0 FROM site_days
)
GROUP BY month
ORDER BY month
