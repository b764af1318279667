-- By site, of the public: visitors online since {since} (Unix milliseconds), then visits and views of the day, the week, the
-- month and all time; all time includes the opening balance. For any length of history this reads the last minutes of
-- events and one row a day.
SELECT
    site,
    sum(online),
    sum(visits_today), sum(visits_week), sum(visits_month), sum(visits_total),
    sum(views_today), sum(views_week), sum(views_month), sum(views_total)
FROM
(
    SELECT
        site,
        0 AS online,
        sumIf(visits, day = {today:Date}) AS visits_today,
        sumIf(visits, day >= {week:Date}) AS visits_week,
        sumIf(visits, day >= {month:Date}) AS visits_month,
        sum(visits) AS visits_total,
        sumIf(views, day = {today:Date}) AS views_today,
        sumIf(views, day >= {week:Date}) AS views_week,
        sumIf(views, day >= {month:Date}) AS views_month,
        sum(views) AS views_total
    FROM site_days
    WHERE audience = 'public'
    GROUP BY site
    UNION ALL
    SELECT site, 0, 0, 0, 0, argMax(visits, at), 0, 0, 0, argMax(views, at)
    FROM opening_balances
    WHERE page_id = 0
    GROUP BY site, locale
    UNION ALL
    SELECT site, uniqExact(visitor), 0, 0, 0, 0, 0, 0, 0, 0
    FROM events
    WHERE at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND audience = 'public' AND visitor != 0 AND kind != 'opening'
    GROUP BY site
)
GROUP BY site
SETTINGS max_threads = 1
