UNION ALL
SELECT $keys, $subtracted
FROM ${name}_archive
WHERE $month = {month:UInt32} AND run IN (SELECT run FROM retention_runs)
