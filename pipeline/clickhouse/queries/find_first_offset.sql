-- The lowest offset of a partition that has a row, or had one before retention, and whether there is any.
SELECT min(offset), count() > 0
FROM
(
    SELECT min(offset) AS offset FROM events WHERE partition = {partition:UInt16} HAVING count() > 0
    UNION ALL
    SELECT min(offset) FROM dead_letters WHERE partition = {partition:UInt16} HAVING count() > 0
    UNION ALL
    SELECT min(offset)
    FROM archived_places
    WHERE partition = {partition:UInt16} AND run IN (SELECT run FROM retention_runs WHERE state = 'deleted')
    HAVING count() > 0
)
