-- A generation's sums of what the raw table no longer has. If a backfill fails, its generation is dropped.
INSERT INTO ${name}_$generation ($keys, mark, $names, reached)
SETTINGS deduplicate_insert_select = 'disable', async_insert = 0, distributed_foreground_insert = 1
SELECT $keys, 0, $values, 0
FROM ${archive}_archive
WHERE run IN (SELECT run FROM retention_runs)
$group
