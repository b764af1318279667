-- Per hour of Asia/Ho_Chi_Minh: public views and visits, and the views by bots and by staff; site 0 is all of them.
SELECT
    toTimeZone(hour, 'Asia/Ho_Chi_Minh') AS local_hour,
    sumIf(views, audience = 'public') AS public_views,
    sumIf(visits, audience = 'public') AS public_visits,
    sumIf(views, audience = 'bot') AS bot_views,
    sumIf(views, audience IN ('staff', 'preview')) AS staff_views
FROM site_hours
WHERE hour >= {since:DateTime64(3, 'UTC')} AND hour < {until:DateTime64(3, 'UTC')} AND ({site:UInt32} = 0 OR site = {site:UInt32})
GROUP BY local_hour
ORDER BY local_hour
