"""Every metric of the pipeline, by name, with its meaning; served at ``/_nhip/metrics``."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()

ACKNOWLEDGED_EVENTS = Counter(
    "nhip_collector_acknowledged_events",
    "Events answered with 202 after the log had them.",
    ["kind"],
    registry=REGISTRY,
)
REFUSED_BEACONS = Counter(
    "nhip_collector_refused_beacons", "Beacons refused, by the reason given in X-Nhip.", ["reason"], registry=REGISTRY
)
APPENDED_RECORDS = Counter(
    "nhip_collector_appended_records", "Records the collector appended to the log.", registry=REGISTRY
)
APPEND_SECONDS = Histogram(
    "nhip_collector_append_seconds", "Time from closing a record to its being durable.", registry=REGISTRY
)
LIVE_READERS = Gauge("nhip_collector_live_readers", "Open live streams.", registry=REGISTRY)
CONSUMED_EVENTS = Counter("nhip_consumer_events", "Events inserted into ClickHouse.", registry=REGISTRY)
DEAD_LETTERS = Counter("nhip_consumer_dead_letters", "Lines set aside because they are no event.", registry=REGISTRY)
INSERT_FAILURES = Counter(
    "nhip_consumer_insert_failures", "Inserts that failed and were tried again.", registry=REGISTRY
)
COUNTERS_AS_OF = Gauge("nhip_counters_as_of_seconds", "Unix time of the counters shown.", registry=REGISTRY)
