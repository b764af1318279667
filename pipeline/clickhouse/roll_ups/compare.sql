-- The keys of one month on which a roll-up and the raw table differ in views or visits. The roll-up is read first: a row
-- that arrives in between is then in both or in the raw table alone.
SELECT '$name' AS roll_up, sum(views) != 0 OR sum(visits) != 0 AS off
FROM
(
    SELECT $keys, toInt64(views) AS views, toInt64(visits) AS visits
    FROM $name
    WHERE $month = {month:UInt32}
    UNION ALL
    SELECT $values, -count(), -countIf(visit)
    FROM events
    WHERE kind = 'view' AND toYYYYMM(at, 'Asia/Ho_Chi_Minh') = {month:UInt32}
    GROUP BY $keys
)
GROUP BY $keys
