-- Whether an event stands at a place of the log.
SELECT count() > 0
FROM events
WHERE partition = {partition:UInt16} AND offset = {offset:UInt64} AND row = {row:UInt32}
