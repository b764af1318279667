-- The keys on which a roll-up over all time and the daily one of the same keys differ.
SELECT '$name' AS roll_up, $differs AS off
FROM
(
    SELECT $keys, $summed FROM $name
    UNION ALL
    SELECT $keys, $subtracted FROM $daily
)
GROUP BY $keys
