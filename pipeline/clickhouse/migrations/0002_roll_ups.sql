-- Days are those of Asia/Ho_Chi_Minh, as in pipeline/periods.py. The audience stays a key everywhere, so that bots, staff
-- and previews are there for operations and apart from the public counters.

CREATE TABLE IF NOT EXISTS site_days
(
    site     UInt32,
    audience Enum8('public' = 1, 'staff' = 2, 'preview' = 3, 'bot' = 4),
    day      Date,
    views    SimpleAggregateFunction(sum, UInt64),
    visits   SimpleAggregateFunction(sum, UInt64),
    visitors AggregateFunction(uniqExact, UInt64)
)
ENGINE = AggregatingMergeTree
ORDER BY (site, audience, day)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS site_days_from_events TO site_days AS
SELECT
    site,
    audience,
    toDate(at, 'Asia/Ho_Chi_Minh') AS day,
    count() AS views,
    countIf(visit) AS visits,
    uniqExactStateIf(visitor, visitor != 0) AS visitors
FROM events
WHERE kind = 'view'
GROUP BY site, audience, day;

CREATE TABLE IF NOT EXISTS site_hours
(
    site     UInt32,
    audience Enum8('public' = 1, 'staff' = 2, 'preview' = 3, 'bot' = 4),
    hour     DateTime('UTC'),
    views    SimpleAggregateFunction(sum, UInt64),
    visits   SimpleAggregateFunction(sum, UInt64)
)
ENGINE = AggregatingMergeTree
ORDER BY (site, audience, hour)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS site_hours_from_events TO site_hours AS
SELECT
    site,
    audience,
    toStartOfHour(toDateTime(at, 'UTC')) AS hour,
    count() AS views,
    countIf(visit) AS visits
FROM events
WHERE kind = 'view'
GROUP BY site, audience, hour;

CREATE TABLE IF NOT EXISTS page_days
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
ENGINE = AggregatingMergeTree
ORDER BY (site, page_id, locale, audience, day)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS page_days_from_events TO page_days AS
SELECT
    site,
    page_id,
    locale,
    audience,
    toDate(at, 'Asia/Ho_Chi_Minh') AS day,
    count() AS views,
    countIf(visit) AS visits,
    uniqCombined64StateIf(12)(visitor, visitor != 0) AS visitors
FROM events
WHERE kind = 'view'
GROUP BY site, page_id, locale, audience, day;

-- One small row a page however long the history: what every refresh of the counters reads.
CREATE TABLE IF NOT EXISTS page_totals
(
    site     UInt32,
    page_id  UInt32,
    locale   LowCardinality(String),
    audience Enum8('public' = 1, 'staff' = 2, 'preview' = 3, 'bot' = 4),
    views    SimpleAggregateFunction(sum, UInt64),
    visits   SimpleAggregateFunction(sum, UInt64)
)
ENGINE = AggregatingMergeTree
ORDER BY (site, page_id, locale, audience)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS page_totals_from_events TO page_totals AS
SELECT
    site,
    page_id,
    locale,
    audience,
    count() AS views,
    countIf(visit) AS visits
FROM events
WHERE kind = 'view'
GROUP BY site, page_id, locale, audience;

-- Counts brought along from before; page_id 0 is the whole site, and the latest balance of a page holds.
CREATE TABLE IF NOT EXISTS opening_balances
(
    site    UInt32,
    page_id UInt32,
    locale  LowCardinality(String),
    at      DateTime64(3, 'UTC'),
    views   UInt64,
    visits  UInt64
)
ENGINE = ReplacingMergeTree(at)
ORDER BY (site, page_id, locale)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS opening_balances_from_events TO opening_balances AS
SELECT
    site,
    page_id,
    locale,
    at,
    opening_views AS views,
    opening_visits AS visits
FROM events
WHERE kind = 'opening';
