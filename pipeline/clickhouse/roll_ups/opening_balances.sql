-- Counts from before Nhịp; page_id 0 is the whole site. The latest balance of a page counts: read it with argMax(…, at),
-- since rows of one page may be on several shards. Inserting a balance again changes nothing, so the table remembers no
-- tokens.
CREATE TABLE IF NOT EXISTS opening_balances_$generation$local$on_cluster
(
    site    UInt32,
    page_id UInt32,
    locale  LowCardinality(String),
    at      DateTime64(3, 'UTC'),
    views   UInt64,
    visits  UInt64
)
ENGINE = ${Replicated}ReplacingMergeTree(at)
ORDER BY (site, page_id, locale);

SELECT
    site,
    page_id,
    locale,
    at,
    opening_views AS views,
    opening_visits AS visits
FROM $events
WHERE kind = 'opening' AND $rows;
