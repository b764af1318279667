-- The runs of retention whose rows are archived, the first one first, and whether the raw table has them no more.
SELECT run, any(before), any(partitions), any(bounds), countIf(state = 'deleted') > 0
FROM retention_runs
GROUP BY run
ORDER BY run
