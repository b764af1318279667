UNION ALL
SELECT $keys, $subtracted
FROM ${name}_archive
WHERE $month BETWEEN {first:UInt32} AND {last:UInt32} AND run IN (SELECT run FROM retention_runs)
