-- The places (offset, row) of a partition that hold an event or a dead letter, from record {first} to before {end}.
SELECT DISTINCT offset, row
FROM
(
    SELECT offset, row
    FROM events
    WHERE partition = {partition:UInt16} AND offset >= {first:UInt64} AND offset < {end:UInt64}
    UNION ALL
    SELECT offset, row
    FROM dead_letters FINAL
    WHERE partition = {partition:UInt16} AND offset >= {first:UInt64} AND offset < {end:UInt64} AND state != 'replayed'
)
