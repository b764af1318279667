-- What is stored of a partition's records from {first} to before {end}, by offset: rows of events, the places they hold,
-- the places that events and dead letters hold, the last row's number, views. A letter and its event hold one place; a
-- replayed letter without its event holds none.
SELECT
    offset,
    countIf(event) AS events,
    uniqExactIf(row, event) AS event_places,
    uniqExact(row) AS places,
    max(row) AS last_row,
    countIf(view) AS views
FROM
(
    SELECT offset, row, true AS event, kind = 'view' AS view
    FROM events
    WHERE partition = {partition:UInt16} AND offset >= {first:UInt64} AND offset < {end:UInt64}
    UNION ALL
    SELECT offset, row, false, false
    FROM dead_letters FINAL
    WHERE partition = {partition:UInt16} AND offset >= {first:UInt64} AND offset < {end:UInt64} AND state != 'replayed'
)
GROUP BY offset
ORDER BY offset
