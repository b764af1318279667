-- Where each partition of the log ends in a sum.
SELECT toInt64(mark) - 1 AS partition, max(reached) AS end
FROM $table
WHERE site = 0 AND mark != 0
GROUP BY mark
