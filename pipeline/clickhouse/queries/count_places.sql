-- What is stored of the records {first}..{end} (not included) of a partition, a line per offset: rows of events, places
-- they hold, places held by events or letters, the last row's number, views. A letter whose event is in holds no place of its own,
-- and one that was replayed holds none without its event.
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
