-- Distinct public visitors per site with a view or a visible heartbeat since {since}.
SELECT site, uniqExact(visitor) AS online
FROM events
WHERE at >= {since:DateTime64(3, 'UTC')} AND audience = 'public' AND visitor != 0 AND kind != 'opening'
GROUP BY site
SETTINGS max_threads = 1
