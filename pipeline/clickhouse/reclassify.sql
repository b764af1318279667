-- Returns when every replica has changed its rows.
ALTER TABLE events$local$on_cluster
UPDATE audience = '$to', suspect = if(suspect = '', '$reviewed', suspect)
WHERE kind = 'view' AND audience = '$from' AND $rows
SETTINGS mutations_sync = 2
