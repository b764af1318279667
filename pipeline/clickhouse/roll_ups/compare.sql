-- The keys of some months on which a roll-up differs from the raw table, with what retention has archived, in any
-- number. The roll-up is read first: a row that arrives in between is then in both or in the raw table alone. Its marks,
-- by which rows of the raw table are left out, are of the same snapshot of its parts
-- (enable_shared_storage_snapshot_in_query).
SELECT '$name' AS roll_up, $differs AS off
FROM
(
    SELECT $keys, $summed
    FROM $name
    WHERE $month BETWEEN {first:UInt32} AND {last:UInt32}
    UNION ALL
    SELECT $values, $counted
    FROM events
    WHERE $of_kinds AND toYYYYMM(at, 'Asia/Ho_Chi_Minh') BETWEEN {first:UInt32} AND {last:UInt32} AND $rows
    GROUP BY GROUPING SETS ($groups)
    HAVING $having
    $archived
)
GROUP BY $keys
