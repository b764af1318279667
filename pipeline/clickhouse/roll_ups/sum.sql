-- A row is a sum where mark is 0. Any other row is a mark: for a partition of the log (mark is its number plus one), the
-- offset that its rows have reached. A mark is in the same part as the sums, so after a crash it is right about them.
CREATE TABLE IF NOT EXISTS ${name}_$generation$local$on_cluster
(
    $columns,
    mark     UInt16,
    $measures,
    reached  SimpleAggregateFunction(max, UInt64)
)
ENGINE = ${Replicated}AggregatingMergeTree
ORDER BY ($keys, mark)
SETTINGS $deduplication, default_compression_codec = 'ZSTD(1)';

SELECT
    $values,
    toUInt16(partition + 1) AS mark,
    $sums,
    if(mark = 0, 0, max(offset) + 1) AS reached
FROM $events
WHERE $of_kinds AND $rows
GROUP BY GROUPING SETS ($groups, (mark))
HAVING $having;
