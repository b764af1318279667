-- Over all shards. Their rows add up, so a backfilled row may go to any shard.
CREATE TABLE IF NOT EXISTS ${name}_$generation$on_cluster AS ${name}_$generation$local
ENGINE = Distributed('$cluster', currentDatabase(), '${name}_$generation$local', rand())
