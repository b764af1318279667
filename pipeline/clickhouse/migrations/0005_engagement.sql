-- What readers do beside viewing a page (pipeline/events.py). Roll-ups sum views alone, and stay as they are.
ALTER TABLE events$local$on_cluster
    MODIFY COLUMN kind Enum8(
        'view' = 1, 'heartbeat' = 2, 'opening' = 3, 'engagement' = 4, 'download' = 5,
        'outbound' = 6, 'search' = 7, 'not_found' = 8),
    ADD COLUMN IF NOT EXISTS seconds UInt16 CODEC(ZSTD) AFTER seen_ago,
    ADD COLUMN IF NOT EXISTS depth UInt8 CODEC(ZSTD) AFTER seconds,
    ADD COLUMN IF NOT EXISTS target String CODEC(ZSTD) AFTER depth;

-- only over a cluster
ALTER TABLE events$on_cluster
    MODIFY COLUMN kind Enum8(
        'view' = 1, 'heartbeat' = 2, 'opening' = 3, 'engagement' = 4, 'download' = 5,
        'outbound' = 6, 'search' = 7, 'not_found' = 8),
    ADD COLUMN IF NOT EXISTS seconds UInt16 CODEC(ZSTD) AFTER seen_ago,
    ADD COLUMN IF NOT EXISTS depth UInt8 CODEC(ZSTD) AFTER seconds,
    ADD COLUMN IF NOT EXISTS target String CODEC(ZSTD) AFTER depth;

-- only on one server
ALTER TABLE events_again
    MODIFY COLUMN kind Enum8(
        'view' = 1, 'heartbeat' = 2, 'opening' = 3, 'engagement' = 4, 'download' = 5,
        'outbound' = 6, 'search' = 7, 'not_found' = 8),
    ADD COLUMN IF NOT EXISTS seconds UInt16 CODEC(ZSTD) AFTER seen_ago,
    ADD COLUMN IF NOT EXISTS depth UInt8 CODEC(ZSTD) AFTER seconds,
    ADD COLUMN IF NOT EXISTS target String CODEC(ZSTD) AFTER depth;
