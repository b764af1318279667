-- How the stored rows stand to the log: all of them, the views among them, rows stored more than once, and places in the
-- log with no row.
-- Rows of a record are numbered from 0, records of a partition have consecutive offsets. A replayed letter's place is held by
-- its event.
SELECT
    sum(rows) AS stored,
    sum(views) AS views,
    sum(rows - places) AS repeated,
    sum(toInt64(last_row) + 1 - toInt64(places)) + sum(offset_gap) AS missing
FROM
(
    SELECT
        partition,
        offset,
        count() AS rows,
        countIf(view) AS views,
        uniqExact(row) AS places,
        max(row) AS last_row,
        toInt64(offset) - lagInFrame(toInt64(offset), 1, toInt64(offset) - 1) OVER (PARTITION BY partition ORDER BY offset) - 1 AS offset_gap
    FROM
    (
        SELECT partition, offset, row, kind = 'view' AS view FROM events
        UNION ALL
        SELECT partition, offset, row, false FROM dead_letters FINAL WHERE state != 'replayed'
    )
    GROUP BY partition, offset
)
