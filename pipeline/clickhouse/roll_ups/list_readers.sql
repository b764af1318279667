-- The views that roll-ups are read through, each with its SELECT. ClickHouse writes a SELECT out for each row: that of
-- every materialized view too takes ten times as long.
SELECT name, as_select FROM system.tables WHERE database = currentDatabase() AND engine = 'View'
