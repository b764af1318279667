-- By partition of the log, the offset after the last one stored.
SELECT partition, max(offset) + 1 FROM events GROUP BY partition
