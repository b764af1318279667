-- Per page and locale, the most viewed first: public views, visits and daily visitors summed, and the views by bots and by
-- staff; site 0 is all of them.
SELECT
    page_id,
    locale,
    sum(day_views) AS public_views,
    sum(day_visits) AS public_visits,
    sum(day_visitors) AS daily_visitors,
    sum(day_bots) AS bot_views,
    sum(day_staff) AS staff_views
FROM
(
    SELECT
        site,
        page_id,
        locale,
        sumIf(views, audience = 'public') AS day_views,
        sumIf(visits, audience = 'public') AS day_visits,
        uniqCombined64MergeIf(12)(visitors, audience = 'public') AS day_visitors,
        sumIf(views, audience = 'bot') AS day_bots,
        sumIf(views, audience IN ('staff', 'preview')) AS day_staff
    FROM page_days
    WHERE day >= {since:Date} AND day <= {until:Date} AND ({site:UInt32} = 0 OR site = {site:UInt32})
    GROUP BY site, page_id, locale, day
)
GROUP BY page_id, locale
ORDER BY public_views DESC, page_id, locale
LIMIT {limit:UInt32}
