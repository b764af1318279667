-- The keys on which a roll-up over all time and the daily one of the same keys differ.
SELECT '$name' AS roll_up, sum(views) != 0 OR sum(visits) != 0 AS off
FROM
(
    SELECT $keys, toInt64(views) AS views, toInt64(visits) AS visits FROM $name
    UNION ALL
    SELECT $keys, -toInt64(views), -toInt64(visits) FROM $daily
)
GROUP BY $keys
