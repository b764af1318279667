-- By site, of the public: visitors online from {since} to {until} (Unix milliseconds), then visits and views of the day, the
-- week, the month and all time; all time includes the opening balance. A view whose clock was ahead counts when its day has
-- come. For any length of history this reads the last minutes of events and one row a day.
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
        sumIf(visits, day BETWEEN {week:Date} AND {today:Date}) AS visits_week,
        sumIf(visits, day BETWEEN {month:Date} AND {today:Date}) AS visits_month,
        sum(visits) AS visits_total,
        sumIf(views, day = {today:Date}) AS views_today,
        sumIf(views, day BETWEEN {week:Date} AND {today:Date}) AS views_week,
        sumIf(views, day BETWEEN {month:Date} AND {today:Date}) AS views_month,
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
    -- Who is here on both sides of midnight has two numbers; one of them is taken off until the first was here too long ago.
    SELECT
        site,
        uniqExact(visitor)
            - uniqExactIf(visitor, seen_ago != 0 AND toUnixTimestamp64Milli(at) - seen_ago * {step:Int64} >= {since:Int64}),
        0, 0, 0, 0, 0, 0, 0, 0
    FROM events
    WHERE at BETWEEN fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND fromUnixTimestamp64Milli({until:Int64}, 'UTC')
        AND audience = 'public' AND visitor != 0 AND kind IN ('view', 'heartbeat')
    GROUP BY site
)
GROUP BY site
SETTINGS max_threads = 1
