-- Per day of Asia/Ho_Chi_Minh: public views, visits and visitors, and the views by bots and by staff; site 0 is all of them.
SELECT
    day,
    sumIf(views, audience = 'public') AS public_views,
    sumIf(visits, audience = 'public') AS public_visits,
    uniqExactMergeIf(visitors, audience = 'public') AS public_visitors,
    sumIf(views, audience = 'bot') AS bot_views,
    sumIf(views, audience IN ('staff', 'preview')) AS staff_views
FROM site_days
WHERE day >= {since:Date} AND day <= {until:Date} AND ({site:UInt32} = 0 OR site = {site:UInt32})
GROUP BY day
ORDER BY day
