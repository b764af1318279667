-- Returns when every replica has deleted its rows.
ALTER TABLE events$local$on_cluster
DELETE IN PARTITION $month
WHERE $rows
SETTINGS mutations_sync = 2
