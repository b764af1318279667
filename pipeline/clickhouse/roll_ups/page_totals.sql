-- One small row a page however long the history: what every refresh of the counters reads.
CREATE TABLE IF NOT EXISTS page_totals_$generation$local$on_cluster
(
    site     UInt32,
    page_id  UInt32,
    locale   LowCardinality(String),
    audience Enum8('public' = 1, 'staff' = 2, 'preview' = 3, 'bot' = 4),
    views    SimpleAggregateFunction(sum, UInt64),
    visits   SimpleAggregateFunction(sum, UInt64)
)
ENGINE = ${Replicated}AggregatingMergeTree
ORDER BY (site, page_id, locale, audience)
SETTINGS $deduplication;

SELECT
    site,
    page_id,
    locale,
    audience,
    count() AS views,
    countIf(visit) AS visits
FROM $events
WHERE kind = 'view' AND $rows
GROUP BY site, page_id, locale, audience;
