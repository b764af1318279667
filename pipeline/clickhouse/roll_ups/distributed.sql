-- Over all shards, whose rows add up; where a backfilled row goes is all the same.
CREATE TABLE IF NOT EXISTS ${name}_$generation$on_cluster AS ${name}_$generation$local
ENGINE = Distributed('$cluster', currentDatabase(), '${name}_$generation$local', rand())
