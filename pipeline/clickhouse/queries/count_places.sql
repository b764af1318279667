-- What is stored of a partition's records from {first} to before {end}, by offset: rows of events, the places they hold,
-- the places that events and dead letters hold, the last row's number, views. A letter and its event hold one place; a
-- replayed letter without its event holds none. Rows that retention has deleted are there as it has noted them.
SELECT
    offset,
    countIf(event) + sum(deleted) AS events,
    uniqExactIf(row, event) + sum(deleted) AS event_places,
    uniqExactIf(row, deleted = 0) + sum(deleted) AS places,
    max(row) AS last_row,
    sum(viewed) AS views
FROM
(
    SELECT offset, row, true AS event, toUInt32(0) AS deleted, toUInt32(kind = 'view') AS viewed
    FROM events
    WHERE partition = {partition:UInt16} AND offset >= {first:UInt64} AND offset < {end:UInt64}
    UNION ALL
    SELECT offset, row, false, 0, 0
    FROM dead_letters FINAL
    WHERE partition = {partition:UInt16} AND offset >= {first:UInt64} AND offset < {end:UInt64} AND state != 'replayed'
    UNION ALL
    SELECT offset, last_row, false, rows, views
    FROM archived_places
    WHERE partition = {partition:UInt16} AND offset >= {first:UInt64} AND offset < {end:UInt64}
        AND run IN (SELECT run FROM retention_runs WHERE state = 'deleted')
)
GROUP BY offset
ORDER BY offset
