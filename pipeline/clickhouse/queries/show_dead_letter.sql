-- One dead letter; its bytes as hexadecimal digits, since they need not be text. An alias "line" would change what length counts.
SELECT at, partition, offset, row, reason, length(line) AS bytes, state, hex(line) AS digits
FROM dead_letters FINAL
WHERE partition = {partition:UInt16} AND offset = {offset:UInt64} AND row = {row:UInt32}
