-- Why an event is suspect, and what tells a reader after midnight from another one (pipeline/events.py).
ALTER TABLE events$local$on_cluster
    ADD COLUMN IF NOT EXISTS suspect LowCardinality(String) AFTER scripted,
    ADD COLUMN IF NOT EXISTS seen_ago UInt8 AFTER suspect;

-- only over a cluster
ALTER TABLE events$on_cluster
    ADD COLUMN IF NOT EXISTS suspect LowCardinality(String) AFTER scripted,
    ADD COLUMN IF NOT EXISTS seen_ago UInt8 AFTER suspect;

-- only on one server
ALTER TABLE events_again
    ADD COLUMN IF NOT EXISTS suspect LowCardinality(String) AFTER scripted,
    ADD COLUMN IF NOT EXISTS seen_ago UInt8 AFTER suspect;
