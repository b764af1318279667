-- Where a reader came from, and what is known of a reader and of a bot (pipeline/events.py).
ALTER TABLE events$local$on_cluster
    ADD COLUMN IF NOT EXISTS channel LowCardinality(String) AFTER source,
    ADD COLUMN IF NOT EXISTS campaign LowCardinality(String) AFTER channel,
    ADD COLUMN IF NOT EXISTS campaign_source LowCardinality(String) AFTER campaign,
    ADD COLUMN IF NOT EXISTS campaign_medium LowCardinality(String) AFTER campaign_source,
    ADD COLUMN IF NOT EXISTS language LowCardinality(String) AFTER device,
    ADD COLUMN IF NOT EXISTS country LowCardinality(String) AFTER language,
    ADD COLUMN IF NOT EXISTS province LowCardinality(String) AFTER country,
    ADD COLUMN IF NOT EXISTS bot_kind LowCardinality(String) AFTER bot,
    ADD COLUMN IF NOT EXISTS bot_operator LowCardinality(String) AFTER bot_kind;

-- only over a cluster
ALTER TABLE events$on_cluster
    ADD COLUMN IF NOT EXISTS channel LowCardinality(String) AFTER source,
    ADD COLUMN IF NOT EXISTS campaign LowCardinality(String) AFTER channel,
    ADD COLUMN IF NOT EXISTS campaign_source LowCardinality(String) AFTER campaign,
    ADD COLUMN IF NOT EXISTS campaign_medium LowCardinality(String) AFTER campaign_source,
    ADD COLUMN IF NOT EXISTS language LowCardinality(String) AFTER device,
    ADD COLUMN IF NOT EXISTS country LowCardinality(String) AFTER language,
    ADD COLUMN IF NOT EXISTS province LowCardinality(String) AFTER country,
    ADD COLUMN IF NOT EXISTS bot_kind LowCardinality(String) AFTER bot,
    ADD COLUMN IF NOT EXISTS bot_operator LowCardinality(String) AFTER bot_kind;

-- only on one server
ALTER TABLE events_again
    ADD COLUMN IF NOT EXISTS channel LowCardinality(String) AFTER source,
    ADD COLUMN IF NOT EXISTS campaign LowCardinality(String) AFTER channel,
    ADD COLUMN IF NOT EXISTS campaign_source LowCardinality(String) AFTER campaign,
    ADD COLUMN IF NOT EXISTS campaign_medium LowCardinality(String) AFTER campaign_source,
    ADD COLUMN IF NOT EXISTS language LowCardinality(String) AFTER device,
    ADD COLUMN IF NOT EXISTS country LowCardinality(String) AFTER language,
    ADD COLUMN IF NOT EXISTS province LowCardinality(String) AFTER country,
    ADD COLUMN IF NOT EXISTS bot_kind LowCardinality(String) AFTER bot,
    ADD COLUMN IF NOT EXISTS bot_operator LowCardinality(String) AFTER bot_kind;
