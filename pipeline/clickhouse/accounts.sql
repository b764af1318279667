-- Least privilege for a ClickHouse that keeps its users by SQL: give these roles to accounts of your own, such as
--   CREATE USER nhip_writer IDENTIFIED BY '…' DEFAULT ROLE nhip_writer;  GRANT nhip_writer TO nhip_writer;
-- and name the accounts in NHIP_CLICKHOUSE_URL, NHIP_CLICKHOUSE_READER_URL and NHIP_CLICKHOUSE_MIGRATOR_URL.
-- deploy/clickhouse/users.d/nhip.xml grants the same rights. Views insert with the rights of their maker, the migrator.
CREATE ROLE IF NOT EXISTS nhip_writer$on_cluster;
GRANT$on_cluster INSERT ON $database.events TO nhip_writer;
GRANT$on_cluster INSERT ON $database.dead_letters TO nhip_writer;
GRANT$on_cluster INSERT ON $database.warm_up TO nhip_writer;
-- To insert a batch again, the writer must see which places of the log are stored, and none of their content.
-- only on one server
GRANT INSERT ON $database.events_again TO nhip_writer;
-- only on one server
GRANT SELECT(partition, offset, row) ON $database.events TO nhip_writer;
-- only on one server
GRANT SELECT(partition, offset, row, state) ON $database.dead_letters TO nhip_writer;

CREATE ROLE IF NOT EXISTS nhip_reader$on_cluster;
GRANT$on_cluster SELECT ON $database.* TO nhip_reader;
-- What a question about traffic may take at most; nhip.xml says why.
ALTER ROLE nhip_reader$on_cluster SETTINGS
    max_execution_time = 120 MIN 1 MAX 120,
    max_memory_usage = 1500000000 MIN 1 MAX 1500000000,
    max_memory_usage_for_user = 1500000000 CONST,
    max_bytes_before_external_group_by = 500000000,
    max_bytes_before_external_sort = 500000000,
    max_temporary_data_on_disk_size_for_user = 5000000000 CONST,
    max_concurrent_queries_for_user = 32 CONST,
    cancel_http_readonly_queries_on_client_close = 1,
    readonly = 2;

CREATE ROLE IF NOT EXISTS nhip_migrator$on_cluster;
GRANT$on_cluster SHOW, SELECT, INSERT, ALTER, CREATE, DROP, TRUNCATE, OPTIMIZE ON $database.* TO nhip_migrator;

-- Statements for every server, and tables over all of them.
-- only over a cluster
GRANT$on_cluster CLUSTER ON *.* TO nhip_migrator;
-- only over a cluster
GRANT$on_cluster REMOTE ON *.* TO nhip_migrator;
-- only over a cluster
GRANT$on_cluster SYSTEM SYNC REPLICA ON $database.* TO nhip_migrator;
