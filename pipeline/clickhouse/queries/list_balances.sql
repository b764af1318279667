-- The opening balance of each page and site (page_id 0), with the time (Unix milliseconds) of the one that counts.
SELECT site, page_id, locale, argMax(views, at), argMax(visits, at), toUnixTimestamp64Milli(max(at))
FROM opening_balances
GROUP BY site, page_id, locale
