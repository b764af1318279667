-- The views go first, so that inserts no longer reach the table.
DROP TABLE IF EXISTS ${name}_${generation}_from_events$on_cluster SYNC;

-- only on one server
DROP TABLE IF EXISTS ${name}_${generation}_from_events_again SYNC;

-- only over a cluster
DROP TABLE IF EXISTS ${name}_$generation$on_cluster SYNC;

DROP TABLE IF EXISTS ${name}_$generation$local$on_cluster SYNC
