-- Per site: visits, then views, of the day, the week, the month and of all time, the latter with the opening balance.
SELECT
    site,
    sum(visits_today), sum(visits_week), sum(visits_month), sum(visits_total),
    sum(views_today), sum(views_week), sum(views_month), sum(views_total)
FROM
(
    SELECT
        site,
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
    SELECT site, 0, 0, 0, visits, 0, 0, 0, views
    FROM opening_balances FINAL
    WHERE page_id = 0
)
GROUP BY site
SETTINGS max_threads = 1
