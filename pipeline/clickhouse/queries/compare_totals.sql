-- For the roll-ups over all time, the number of keys that differ: the pages' totals from their days, which compare_month holds
-- against the raw table, and the opening balances from theirs.
SELECT roll_up, count() AS differing
FROM
(
    SELECT 'page_totals' AS roll_up, sum(views) != 0 OR sum(visits) != 0 AS off
    FROM
    (
        SELECT site, page_id, locale, audience, toInt64(views) AS views, toInt64(visits) AS visits FROM page_totals
        UNION ALL
        SELECT site, page_id, locale, audience, -toInt64(views), -toInt64(visits) FROM page_days
    )
    GROUP BY site, page_id, locale, audience
    UNION ALL
    SELECT 'opening_balances', sum(views) != 0 OR sum(visits) != 0
    FROM
    (
        SELECT site, page_id, locale, toInt64(argMax(views, at)) AS views, toInt64(argMax(visits, at)) AS visits
        FROM opening_balances
        GROUP BY site, page_id, locale
        UNION ALL
        SELECT site, page_id, locale, -toInt64(argMax(opening_views, at)), -toInt64(argMax(opening_visits, at))
        FROM events
        WHERE kind = 'opening'
        GROUP BY site, page_id, locale
    )
    GROUP BY site, page_id, locale
)
WHERE off
GROUP BY roll_up
