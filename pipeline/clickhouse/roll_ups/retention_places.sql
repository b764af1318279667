INSERT INTO archived_places (partition, offset, rows, views, last_row, run)
SETTINGS deduplicate_insert_select = 'disable', async_insert = 0, distributed_foreground_insert = 1
SELECT partition, offset, count(), countIf(kind = 'view'), max(row), $run
FROM events
WHERE $rows
GROUP BY partition, offset
