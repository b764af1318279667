"""The page-view pipeline: beacon → collector → broker → consumer → ClickHouse → counters."""
