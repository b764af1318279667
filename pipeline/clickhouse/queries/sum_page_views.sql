-- Public views of every page, with its opening balance.
SELECT page_id, sum(views) AS views
FROM
(
    SELECT page_id, views FROM page_totals WHERE audience = 'public'
    UNION ALL
    SELECT page_id, argMax(views, at) FROM opening_balances WHERE page_id != 0 GROUP BY site, page_id, locale
)
GROUP BY page_id
SETTINGS max_threads = 1
