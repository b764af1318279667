-- Not deduplicated, since two months can have the same sums. If a backfill fails, its generation is dropped.
INSERT INTO ${name}_$generation
SETTINGS deduplicate_insert_select = 'disable', async_insert = 0, distributed_foreground_insert = 1
$select
