-- The events of a partition's records from {first} to {last}, in the order of the log.
SELECT $columns
FROM events
WHERE partition = {partition:UInt16} AND offset >= {first:UInt64} AND offset <= {last:UInt64}
ORDER BY offset, row
