-- The largest id of a page and of a site that anything was ever counted for.
SELECT max(page_id), max(site)
FROM
(
    SELECT page_id, site FROM page_totals
    UNION ALL
    SELECT page_id, site FROM opening_balances
)
