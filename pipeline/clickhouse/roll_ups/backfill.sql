-- Not deduplicated: two months may well have the same sums. A backfill that fails is thrown away and made anew.
INSERT INTO ${name}_$generation
SETTINGS deduplicate_insert_select = 'disable', async_insert = 0, distributed_foreground_insert = 1
$select
