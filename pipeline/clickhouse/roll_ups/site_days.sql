-- Days are those of Asia/Ho_Chi_Minh, as in pipeline/periods.py. The audience stays a key in every roll-up, so that bots,
-- staff and previews are there for operations and apart from the public counters.
CREATE TABLE IF NOT EXISTS site_days_$generation$local$on_cluster
(
    site     UInt32,
    audience Enum8('public' = 1, 'staff' = 2, 'preview' = 3, 'bot' = 4),
    day      Date,
    views    SimpleAggregateFunction(sum, UInt64),
    visits   SimpleAggregateFunction(sum, UInt64),
    visitors AggregateFunction(uniqExact, UInt64)
)
ENGINE = ${Replicated}AggregatingMergeTree
ORDER BY (site, audience, day)
SETTINGS $deduplication;

SELECT
    site,
    audience,
    toDate(at, 'Asia/Ho_Chi_Minh') AS day,
    count() AS views,
    countIf(visit) AS visits,
    uniqExactStateIf(visitor, visitor != 0) AS visitors
FROM $events
WHERE kind = 'view' AND $rows
GROUP BY site, audience, day;
