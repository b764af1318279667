-- Every event once, with its place in the log. The deduplication window makes insert tokens work; without one (the
-- default of a table that is not replicated) ClickHouse ignores them. A batch is of one partition of the log, so over a
-- cluster all of it goes to one shard, under its token.
CREATE TABLE IF NOT EXISTS events$local$on_cluster
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
    row            UInt32 CODEC(DoubleDelta, ZSTD),
    -- Inserted by pipeline/clickhouse/recovery.py into this table alone: the roll-ups' views leave the row out.
    restored       Bool,
    -- Rows are sorted by time, and so nearly by offset: part of the log is found without reading the rest.
    INDEX lineage (partition, offset) TYPE minmax GRANULARITY 1
)
ENGINE = ${Replicated}MergeTree
PARTITION BY toYYYYMM(at, 'Asia/Ho_Chi_Minh')
ORDER BY (site, at)
SETTINGS $deduplication;

-- only over a cluster
CREATE TABLE IF NOT EXISTS events$on_cluster AS events$local
ENGINE = Distributed('$cluster', currentDatabase(), 'events$local', partition);

-- only on one server
-- Takes a batch again after a crash; its views add the rows that a roll-up lacks (pipeline/clickhouse/recovery.py).
CREATE TABLE IF NOT EXISTS events_again AS events
ENGINE = Null;

-- Lines that can't be read, as they came, with the lineage that an event would have. Every change of state is a row, and
-- the latest row counts: read with FINAL. changed_at starts as the time of the log's record, so a batch that is inserted
-- again never undoes a later state, and needs no token.
CREATE TABLE IF NOT EXISTS dead_letters$local$on_cluster
(
    at         DateTime64(3, 'UTC'),
    partition  UInt16,
    offset     UInt64,
    row        UInt32,
    reason     String,
    line       String,
    state      Enum8('waiting' = 1, 'replayed' = 2, 'dropped' = 3) DEFAULT 'waiting',
    changed_at DateTime64(3, 'UTC') DEFAULT at
)
ENGINE = ${Replicated}ReplacingMergeTree(changed_at)
ORDER BY (partition, offset, row);

-- only over a cluster
CREATE TABLE IF NOT EXISTS dead_letters$on_cluster AS dead_letters$local
ENGINE = Distributed('$cluster', currentDatabase(), 'dead_letters$local', partition);

-- Takes the first insert of a process, which loads what the next ones need.
CREATE TABLE IF NOT EXISTS warm_up$on_cluster
(
    nothing UInt8
)
ENGINE = Null;
