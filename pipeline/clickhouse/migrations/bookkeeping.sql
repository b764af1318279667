-- The steps that have been applied. Over a cluster, one table for all shards, so that every server knows.
CREATE TABLE IF NOT EXISTS schema_migrations$on_cluster
(
    name       String,
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ${Replicated}MergeTree$everywhere
ORDER BY name;
