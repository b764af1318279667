-- For each roll-up by days or hours, the number of keys of a month whose views or visits differ from the raw table's. The
-- roll-ups are looked at first: a row that arrives in between is then in both or in the raw table alone.
SELECT roll_up, count() AS differing
FROM
(
    SELECT 'site_days' AS roll_up, sum(views) != 0 OR sum(visits) != 0 AS off
    FROM
    (
        SELECT site, audience, day, toInt64(views) AS views, toInt64(visits) AS visits
        FROM site_days
        WHERE toYYYYMM(day) = {month:UInt32}
        UNION ALL
        SELECT site, audience, toDate(at, 'Asia/Ho_Chi_Minh') AS day, -count(), -countIf(visit)
        FROM events
        WHERE kind = 'view' AND toYYYYMM(at, 'Asia/Ho_Chi_Minh') = {month:UInt32}
        GROUP BY site, audience, day
    )
    GROUP BY site, audience, day
    UNION ALL
    SELECT 'site_hours', sum(views) != 0 OR sum(visits) != 0
    FROM
    (
        SELECT site, audience, hour, toInt64(views) AS views, toInt64(visits) AS visits
        FROM site_hours
        WHERE toYYYYMM(hour, 'Asia/Ho_Chi_Minh') = {month:UInt32}
        UNION ALL
        SELECT site, audience, toStartOfHour(toDateTime(at, 'UTC')) AS hour, -count(), -countIf(visit)
        FROM events
        WHERE kind = 'view' AND toYYYYMM(at, 'Asia/Ho_Chi_Minh') = {month:UInt32}
        GROUP BY site, audience, hour
    )
    GROUP BY site, audience, hour
    UNION ALL
    SELECT 'page_days', sum(views) != 0 OR sum(visits) != 0
    FROM
    (
        SELECT site, page_id, locale, audience, day, toInt64(views) AS views, toInt64(visits) AS visits
        FROM page_days
        WHERE toYYYYMM(day) = {month:UInt32}
        UNION ALL
        SELECT site, page_id, locale, audience, toDate(at, 'Asia/Ho_Chi_Minh') AS day, -count(), -countIf(visit)
        FROM events
        WHERE kind = 'view' AND toYYYYMM(at, 'Asia/Ho_Chi_Minh') = {month:UInt32}
        GROUP BY site, page_id, locale, audience, day
    )
    GROUP BY site, page_id, locale, audience, day
)
WHERE off
GROUP BY roll_up
