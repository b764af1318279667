CREATE TABLE IF NOT EXISTS page_days_$generation$local$on_cluster
(
    site     UInt32,
    page_id  UInt32,
    locale   LowCardinality(String),
    audience Enum8('public' = 1, 'staff' = 2, 'preview' = 3, 'bot' = 4),
    day      Date,
    views    SimpleAggregateFunction(sum, UInt64),
    visits   SimpleAggregateFunction(sum, UInt64),
    visitors AggregateFunction(uniqCombined64(12), UInt64)
)
ENGINE = ${Replicated}AggregatingMergeTree
ORDER BY (site, page_id, locale, audience, day)
SETTINGS $deduplication;

SELECT
    site,
    page_id,
    locale,
    audience,
    toDate(at, 'Asia/Ho_Chi_Minh') AS day,
    count() AS views,
    countIf(visit) AS visits,
    uniqCombined64StateIf(12)(visitor, visitor != 0) AS visitors
FROM $events
WHERE kind = 'view' AND $rows
GROUP BY site, page_id, locale, audience, day;
