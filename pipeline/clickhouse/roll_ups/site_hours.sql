-- Marks: see site_days.sql.
CREATE TABLE IF NOT EXISTS site_hours_$generation$local$on_cluster
(
    site     UInt32,
    audience Enum8('public' = 1, 'staff' = 2, 'preview' = 3, 'bot' = 4),
    hour     DateTime('UTC'),
    mark     UInt16,
    views    SimpleAggregateFunction(sum, UInt64),
    visits   SimpleAggregateFunction(sum, UInt64),
    reached  SimpleAggregateFunction(max, UInt64)
)
ENGINE = ${Replicated}AggregatingMergeTree
ORDER BY (site, audience, hour, mark)
SETTINGS $deduplication;

SELECT
    site,
    audience,
    toStartOfHour(toDateTime(at, 'UTC')) AS hour,
    toUInt16(partition + 1) AS mark,
    if(mark = 0, count(), 0) AS views,
    if(mark = 0, countIf(visit), 0) AS visits,
    if(mark = 0, 0, max(offset) + 1) AS reached
FROM $events
WHERE kind = 'view' AND $rows
GROUP BY GROUPING SETS ((site, audience, hour), (mark));
