-- The rows under a condition, as a run of retention takes them.
INSERT INTO ${name}_archive ($names, run)
SETTINGS deduplicate_insert_select = 'disable', async_insert = 0, distributed_foreground_insert = 1
SELECT
    $values,
    $sums,
    $run
FROM events
WHERE $of_kinds AND $rows
GROUP BY GROUPING SETS ($groups)
HAVING $having
