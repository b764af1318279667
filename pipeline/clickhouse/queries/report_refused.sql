-- Per reason and page, the most suspect first: views that are suspect and left out, views that were and count after all, and
-- the page's public views of the same days; site 0 is all of them.
SELECT
    suspect,
    page_id,
    last_path,
    left_out,
    counted,
    public_views
FROM
(
    SELECT
        suspect,
        page_id,
        argMax(path, at) AS last_path,
        countIf(audience = 'bot') AS left_out,
        countIf(audience = 'public') AS counted
    FROM events
    WHERE kind = 'view' AND suspect != '' AND at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}
        AND ({site:UInt32} = 0 OR site = {site:UInt32})
    GROUP BY suspect, page_id
) AS suspects
LEFT JOIN
(
    SELECT page_id, sum(views) AS public_views
    FROM page_days
    WHERE audience = 'public' AND day >= {first:Date} AND day <= {last:Date} AND ({site:UInt32} = 0 OR site = {site:UInt32})
    GROUP BY page_id
) AS shown USING (page_id)
ORDER BY left_out + counted DESC, suspect, page_id
LIMIT {limit:UInt32}
