-- The path under which each of {pages} was last viewed.
SELECT page_id, locale, argMax(path, at)
FROM events
WHERE kind = 'view' AND page_id IN {pages:Array(UInt32)} AND at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}
GROUP BY page_id, locale
