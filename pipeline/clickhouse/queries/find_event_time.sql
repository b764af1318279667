-- When the first event of a record came, in Unix milliseconds; no row if none is stored.
SELECT toUnixTimestamp64Milli(at)
FROM events
WHERE partition = {partition:UInt16} AND offset = {offset:UInt64}
ORDER BY row
LIMIT 1
