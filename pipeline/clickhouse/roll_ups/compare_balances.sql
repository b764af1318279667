-- The keys on which the opening balances and the events that brought them differ, but for those with an event under way.
SELECT 'opening_balances' AS roll_up, (sum(views) != 0 OR sum(visits) != 0) AND NOT max(under_way) AS off
FROM
(
    SELECT
        site, page_id, locale, toInt64(argMax(views, at)) AS views, toInt64(argMax(visits, at)) AS visits,
        false AS under_way
    FROM opening_balances
    GROUP BY site, page_id, locale
    UNION ALL
    SELECT
        site, page_id, locale, -toInt64(argMax(opening_views, at)), -toInt64(argMax(opening_visits, at)),
        max($under_way) > 0
    FROM events
    WHERE kind = 'opening'
    GROUP BY site, page_id, locale
)
GROUP BY site, page_id, locale
