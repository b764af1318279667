SELECT toYYYYMM(at, 'Asia/Ho_Chi_Minh') AS month, $key AS key, count() AS views, $sources
FROM events
WHERE kind = 'view' AND ($rows)
GROUP BY month, $sources
