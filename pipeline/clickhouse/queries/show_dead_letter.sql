-- One dead letter; its bytes as hexadecimal digits, since they need not be text. With an alias "line", length would count digits.
SELECT at, partition, offset, row, reason, length(line) AS bytes, state, hex(line) AS digits
FROM dead_letters FINAL
WHERE partition = {partition:UInt16} AND offset = {offset:UInt64} AND row = {row:UInt32}
