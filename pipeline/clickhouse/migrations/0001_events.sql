-- Every event once, with the place in the log it came from. The deduplication window makes an insert token hold; without
-- it (the default for a table that is not replicated) tokens are ignored.
CREATE TABLE IF NOT EXISTS events
(
    at             DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD),
    site           UInt32,
    kind           Enum8('view' = 1, 'heartbeat' = 2, 'opening' = 3),
    audience       Enum8('public' = 1, 'staff' = 2, 'preview' = 3, 'bot' = 4),
    page_id        UInt32,
    locale         LowCardinality(String),
    path           String CODEC(ZSTD),
    visitor        UInt64 CODEC(ZSTD),
    visit          Bool,
    source         LowCardinality(String),
    browser        LowCardinality(String),
    os             LowCardinality(String),
    device         LowCardinality(String),
    bot            LowCardinality(String),
    scripted       Bool,
    opening_views  UInt64,
    opening_visits UInt64,
    partition      UInt16,
    offset         UInt64 CODEC(DoubleDelta, ZSTD),
    row            UInt32 CODEC(DoubleDelta, ZSTD)
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(at, 'Asia/Ho_Chi_Minh')
ORDER BY (site, at)
SETTINGS non_replicated_deduplication_window = 10000;

-- What could not be read, as it came, under the lineage it would have had.
CREATE TABLE IF NOT EXISTS dead_letters
(
    at        DateTime64(3, 'UTC'),
    partition UInt16,
    offset    UInt64,
    row       UInt32,
    reason    String,
    line      String
)
ENGINE = MergeTree
ORDER BY (partition, offset, row)
SETTINGS non_replicated_deduplication_window = 10000;
