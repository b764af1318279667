-- Views and visits of each month in each roll-up of a generation; month 0 is all of them.
SELECT 'site_days', toYYYYMM(day) AS month, sum(views), sum(visits) FROM site_days_$generation WHERE mark = 0 GROUP BY month WITH ROLLUP
UNION ALL
SELECT 'site_hours', toYYYYMM(hour, 'Asia/Ho_Chi_Minh') AS month, sum(views), sum(visits) FROM site_hours_$generation WHERE mark = 0 GROUP BY month WITH ROLLUP
UNION ALL
SELECT 'page_days', toYYYYMM(day) AS month, sum(views), sum(visits) FROM page_days_$generation WHERE mark = 0 GROUP BY month WITH ROLLUP
UNION ALL
SELECT 'page_totals', 0, sum(views), sum(visits) FROM page_totals_$generation
