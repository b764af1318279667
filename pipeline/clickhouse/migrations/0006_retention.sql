-- What retention has moved out of the raw table (pipeline/clickhouse/roll_ups/retention.py). Over a cluster the runs are in one table
-- for all shards, so that every server knows them.
CREATE TABLE IF NOT EXISTS retention_runs$on_cluster
(
    run        UInt32,
    before     UInt32,
    partitions Array(UInt16),
    bounds     Array(UInt64),
    state      Enum8('archived' = 1, 'deleted' = 2),
    at         DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ${Replicated}MergeTree$everywhere
ORDER BY (run, state);

-- Of each record of the log with deleted rows: how many, the views among them, and the number of the last one. With the rows
-- that are left they show that every row was there.
CREATE TABLE IF NOT EXISTS archived_places$local$on_cluster
(
    partition UInt16,
    offset    UInt64 CODEC(DoubleDelta, ZSTD),
    rows      UInt32 CODEC(ZSTD),
    views     UInt32 CODEC(ZSTD),
    last_row  UInt32 CODEC(ZSTD),
    run       UInt32 CODEC(ZSTD)
)
ENGINE = ${Replicated}MergeTree
ORDER BY (partition, offset);

-- only over a cluster
CREATE TABLE IF NOT EXISTS archived_places$on_cluster AS archived_places$local
ENGINE = Distributed('$cluster', currentDatabase(), 'archived_places$local', partition);
