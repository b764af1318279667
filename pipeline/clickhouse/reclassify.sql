-- Returns when every replica has changed its rows. What the readers of these views did, else, goes with them.
ALTER TABLE events$local$on_cluster
UPDATE audience = '$to', suspect = if(suspect = '', '$reviewed', suspect)
WHERE kind NOT IN ('heartbeat', 'opening') AND audience = '$from' AND $rows
SETTINGS mutations_sync = 2
