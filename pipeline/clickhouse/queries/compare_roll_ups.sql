-- For each roll-up the number of keys whose views or visits differ from the raw table's.
SELECT roll_up, countIf(views != 0 OR visits != 0) AS differing
FROM
(
    SELECT roll_up, key, sum(views) AS views, sum(visits) AS visits
    FROM
    (
        SELECT 'site_days' AS roll_up, toString((site, audience, day)) AS key, toInt64(views) AS views, toInt64(visits) AS visits
        FROM site_days
        UNION ALL
        SELECT 'site_days', toString((site, audience, toDate(at, 'Asia/Ho_Chi_Minh'))), -1, -toInt64(visit)
        FROM events WHERE kind = 'view'
        UNION ALL
        SELECT 'site_hours', toString((site, audience, hour)), toInt64(views), toInt64(visits)
        FROM site_hours
        UNION ALL
        SELECT 'site_hours', toString((site, audience, toStartOfHour(toDateTime(at, 'UTC')))), -1, -toInt64(visit)
        FROM events WHERE kind = 'view'
        UNION ALL
        SELECT 'page_days', toString((site, page_id, locale, audience, day)), toInt64(views), toInt64(visits)
        FROM page_days
        UNION ALL
        SELECT 'page_days', toString((site, page_id, locale, audience, toDate(at, 'Asia/Ho_Chi_Minh'))), -1, -toInt64(visit)
        FROM events WHERE kind = 'view'
        UNION ALL
        SELECT 'page_totals', toString((site, page_id, locale, audience)), toInt64(views), toInt64(visits)
        FROM page_totals
        UNION ALL
        SELECT 'page_totals', toString((site, page_id, locale, audience)), -1, -toInt64(visit)
        FROM events WHERE kind = 'view'
    )
    GROUP BY roll_up, key
)
GROUP BY roll_up
ORDER BY roll_up
