-- Marks: see site_days.sql.
CREATE TABLE IF NOT EXISTS page_days_$generation$local$on_cluster
(
    site     UInt32,
    page_id  UInt32,
    locale   LowCardinality(String),
    audience Enum8('public' = 1, 'staff' = 2, 'preview' = 3, 'bot' = 4),
    day      Date,
    mark     UInt16,
    views    SimpleAggregateFunction(sum, UInt64),
    visits   SimpleAggregateFunction(sum, UInt64),
    visitors AggregateFunction(uniqCombined64(12), UInt64),
    reached  SimpleAggregateFunction(max, UInt64)
)
ENGINE = ${Replicated}AggregatingMergeTree
ORDER BY (site, page_id, locale, audience, day, mark)
SETTINGS $deduplication;

SELECT
    site,
    page_id,
    locale,
    audience,
    toDate(at, 'Asia/Ho_Chi_Minh') AS day,
    toUInt16(partition + 1) AS mark,
    if(mark = 0, count(), 0) AS views,
    if(mark = 0, countIf(visit), 0) AS visits,
    if(
        mark = 0, uniqCombined64StateIf(12)(visitor, visitor != 0), initializeAggregation('uniqCombined64StateIf(12)', 0::UInt64, false)
    ) AS visitors,
    if(mark = 0, 0, max(offset) + 1) AS reached
FROM $events
WHERE kind = 'view' AND $rows
GROUP BY GROUPING SETS ((site, page_id, locale, audience, day), (mark));
