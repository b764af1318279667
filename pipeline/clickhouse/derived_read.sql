SELECT toYYYYMM(at, 'Asia/Ho_Chi_Minh') AS month, $key AS key, countIf(kind = 'view') AS views, $sources
FROM events
WHERE kind NOT IN ('heartbeat', 'opening') AND ($rows)
GROUP BY month, $sources
