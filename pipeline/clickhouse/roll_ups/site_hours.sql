CREATE TABLE IF NOT EXISTS site_hours_$generation$local$on_cluster
(
    site     UInt32,
    audience Enum8('public' = 1, 'staff' = 2, 'preview' = 3, 'bot' = 4),
    hour     DateTime('UTC'),
    views    SimpleAggregateFunction(sum, UInt64),
    visits   SimpleAggregateFunction(sum, UInt64)
)
ENGINE = ${Replicated}AggregatingMergeTree
ORDER BY (site, audience, hour)
SETTINGS $deduplication;

SELECT
    site,
    audience,
    toStartOfHour(toDateTime(at, 'UTC')) AS hour,
    count() AS views,
    countIf(visit) AS visits
FROM $events
WHERE kind = 'view' AND $rows
GROUP BY site, audience, hour;
