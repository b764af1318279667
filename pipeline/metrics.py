"""Every metric of the pipeline, by name, with its meaning; served at ``/_nhip/metrics``."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()

# collectors

ACKNOWLEDGED_EVENTS = Counter(
    "nhip_collector_acknowledged_events",
    "Events answered with 202 after the log had them.",
    ["kind"],
    registry=REGISTRY,
)
REFUSED_BEACONS = Counter(
    "nhip_collector_refused_beacons", "Beacons refused, by the reason given in X-Nhip.", ["reason"], registry=REGISTRY
)
REPEATED_BEACONS = Counter(
    "nhip_collector_repeated_beacons",
    "Beacons of displays that were stored before: answered as the first, counted once.",
    registry=REGISTRY,
)
SUSPECT_EVENTS = Counter(
    "nhip_collector_suspect_events",
    "Views stored as suspect, and in no public number, by reason.",
    ["reason"],
    registry=REGISTRY,
)
APPENDED_RECORDS = Counter(
    "nhip_collector_appended_records", "Records the collector appended to the log.", registry=REGISTRY
)
APPEND_SECONDS = Histogram(
    "nhip_collector_append_seconds", "Time from closing a record to its being durable.", registry=REGISTRY
)
SPOOLED_RECORDS = Gauge(
    "nhip_collector_spooled_records",
    "Records acknowledged from the spool that Kafka does not have yet.",
    registry=REGISTRY,
)
SPOOLED_BYTES = Gauge("nhip_collector_spooled_bytes", "Bytes of those records.", registry=REGISTRY)
SPOOL_LIMIT_BYTES = Gauge(
    "nhip_collector_spool_limit_bytes", "Bytes the spool may take (NHIP_SPOOL_MEGABYTES).", registry=REGISTRY
)
LIVE_READERS = Gauge("nhip_collector_live_readers", "Open live streams.", registry=REGISTRY)

# consumers

CONSUMED_EVENTS = Counter("nhip_consumer_events", "Events inserted into ClickHouse.", registry=REGISTRY)
DEAD_LETTERS = Counter("nhip_consumer_dead_letters", "Lines set aside because they are no event.", registry=REGISTRY)
INSERT_FAILURES = Counter(
    "nhip_consumer_insert_failures", "Inserts that failed and were tried again.", registry=REGISTRY
)
INSERT_SECONDS = Histogram(
    "nhip_consumer_insert_seconds", "Time of an insert that succeeded, roll-ups included.", registry=REGISTRY
)
ASSIGNED_PARTITIONS = Gauge("nhip_consumer_assigned_partitions", "Partitions this consumer holds.", registry=REGISTRY)
LAG_RECORDS = Gauge(
    "nhip_consumer_lag_records",
    "Records of a held partition that are not in ClickHouse yet.",
    ["partition"],
    registry=REGISTRY,
)
LOG_LOST_AT = Gauge(
    "nhip_consumer_log_lost_at_seconds",
    "Unix time at which this consumer last found that the log had lost its end, or could not go on; 0 for never.",
    registry=REGISTRY,
)
COMPLETE_UP_TO = Gauge(
    "nhip_consumer_complete_up_to_seconds",
    "Unix time up to which everything in the held partitions is in ClickHouse.",
    registry=REGISTRY,
)

# sites

PAGES = Counter(
    "nhip_site_pages",
    "Pages given from memory, waited for while they were rendered, or asked of Django for one reader alone.",
    ["source"],
    registry=REGISTRY,
)
PAGE_MEMORY_BYTES = Gauge(
    "nhip_site_page_memory_bytes", "Bytes of rendered pages in memory (NHIP_PAGE_MEMORY_MEGABYTES).", registry=REGISTRY
)
SCHEDULE_LATE = Gauge(
    "nhip_site_schedule_late_seconds",
    "How long the oldest page that should be published, or taken down, has been waiting; 0 if there is none.",
    registry=REGISTRY,
)
WEBHOOKS = Counter(
    "nhip_site_webhooks",
    "Tries to bring an event to a receiver, by how they ended: delivered, failed (to be tried again), dead (given up).",
    ["outcome"],
    registry=REGISTRY,
)
for _outcome in ("delivered", "failed", "dead"):  # there from the start, so that a first failure is an increase
    WEBHOOKS.labels(outcome=_outcome)
WEBHOOKS_WAITING = Gauge(
    "nhip_site_webhooks_waiting",
    "Events that wait for a receiver, of all processes together; each process says the same.",
    registry=REGISTRY,
)
WEBHOOKS_OLDEST = Gauge(
    "nhip_site_webhooks_oldest_seconds",
    "How long the oldest of them has been waiting; 0 if there is none.",
    registry=REGISTRY,
)

REPORT_SECONDS = Histogram(
    "nhip_site_report_seconds",
    "Time of a question about traffic, once it has a thread, by who asks (people, programs; raw: screens of raw "
    "events) and how it ends.",
    ["asker", "end"],
    buckets=(0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300),
    registry=REGISTRY,
)

# any process that shows counters

COUNTERS_AS_OF = Gauge("nhip_counters_as_of_seconds", "Unix time of the counters shown.", registry=REGISTRY)
