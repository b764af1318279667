-- By partition of the log, the offset after the last one that has a row, be it an event or a line that can't be read.
SELECT partition, max(offset) + 1
FROM
(
    SELECT partition, offset FROM events
    UNION ALL
    SELECT partition, offset FROM dead_letters
)
GROUP BY partition
