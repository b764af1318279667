-- Whether an event of a place of the log is stored.
SELECT count() > 0
FROM events
WHERE partition = {partition:UInt16} AND offset = {offset:UInt64} AND row = {row:UInt32}
