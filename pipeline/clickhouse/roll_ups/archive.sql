-- The sums of rows that retention has deleted. A run that is not in retention_runs did not end, and counts for nothing.
CREATE TABLE IF NOT EXISTS ${name}_archive$local$on_cluster
(
    $columns,
    $measures,
    run UInt32
)
ENGINE = ${Replicated}AggregatingMergeTree
ORDER BY ($keys, run)
SETTINGS default_compression_codec = 'ZSTD(1)';

-- only over a cluster
CREATE TABLE IF NOT EXISTS ${name}_archive$on_cluster AS ${name}_archive$local
ENGINE = Distributed('$cluster', currentDatabase(), '${name}_archive$local', rand())
