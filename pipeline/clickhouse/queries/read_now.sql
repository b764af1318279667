-- Of the public, from {since} to {until} (Unix milliseconds): each minute's views, and each page's readers who were seen in
-- the last {online} milliseconds; site 0 is all sites. Minutes are Unix seconds of their beginnings; rows of minutes have
-- page 0, and rows of pages have minute 0.
SELECT minute, page, sum(views) AS of_views, uniqExactMerge(readers) AS of_readers
FROM
(
    SELECT
        toUInt32(toUnixTimestamp(toStartOfMinute(at))) AS minute,
        toUInt32(0) AS page,
        countIf(kind = 'view') AS views,
        uniqExactStateIf(visitor, visitor != 0) AS readers
    FROM events
    WHERE at BETWEEN fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND fromUnixTimestamp64Milli({until:Int64}, 'UTC')
        AND audience = 'public' AND kind IN ('view', 'heartbeat') AND ({site:UInt32} = 0 OR site = {site:UInt32})
    GROUP BY minute
    UNION ALL
    SELECT
        toUInt32(0) AS minute,
        page_id AS page,
        countIf(kind = 'view') AS views,
        uniqExactStateIf(visitor, visitor != 0) AS readers
    FROM events
    WHERE at BETWEEN fromUnixTimestamp64Milli({until:Int64} - {online:Int64}, 'UTC')
            AND fromUnixTimestamp64Milli({until:Int64}, 'UTC')
        AND audience = 'public' AND kind IN ('view', 'heartbeat') AND ({site:UInt32} = 0 OR site = {site:UInt32})
    GROUP BY page_id
)
GROUP BY minute, page
ORDER BY minute, of_readers DESC, of_views DESC, page
LIMIT 2000
SETTINGS max_threads = 1
