-- Per partition of the log, the offset behind the last one stored.
SELECT partition, max(offset) + 1 FROM events GROUP BY partition
