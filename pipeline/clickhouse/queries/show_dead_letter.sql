-- One dead letter; its bytes as hexadecimal digits, since they need not be text.
SELECT at, partition, offset, row, reason, length(line) AS bytes, state, hex(line) AS line
FROM dead_letters FINAL
WHERE partition = {partition:UInt16} AND offset = {offset:UInt64} AND row = {row:UInt32}
