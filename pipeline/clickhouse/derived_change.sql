-- Returns when every replica has changed its rows.
ALTER TABLE events$local$on_cluster
UPDATE $values
IN PARTITION $month
WHERE kind NOT IN ('heartbeat', 'opening') AND ($rows) AND $key IN ($keys)
SETTINGS mutations_sync = 2
