SELECT toDate(at, 'Asia/Ho_Chi_Minh') AS day, count() AS events
FROM events
WHERE at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}
GROUP BY day
