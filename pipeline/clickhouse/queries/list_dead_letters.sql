-- Dead letters in the order of the log, without their bytes: those in {state} ('' for any) whose reason has {reason} in it.
SELECT at, partition, offset, row, reason, length(line) AS bytes, state
FROM dead_letters FINAL
WHERE ({state:String} = '' OR state = {state:String}) AND position(reason, {reason:String}) > 0
ORDER BY partition, offset, row
LIMIT {limit:UInt32}
