"""The event log in production: Apache Kafka, through kafka-python."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, TypeVar

import kafka
from kafka import errors
from kafka.admin import KafkaAdminClient, OffsetSpec
from kafka.structs import OffsetAndMetadata
from kafka.structs import TopicPartition as KafkaPartition

from pipeline.brokers.kafka.client import REQUEST_SECONDS, faults, milliseconds, open_client, place_of
from pipeline.brokers.kafka.consumer import HEARTBEAT_SECONDS, POLL_SECONDS, KafkaConsumer, records_of
from pipeline.brokers.kafka.producer import MAX_RECORD_BYTES, STICKY_SECONDS, KafkaProducer
from pipeline.brokers.protocols import Committed, IsStored, Record, Skip, Topic, TopicPartition
from pipeline.brokers.topics import FILLER
from pipeline.errors import ConfigurationError, LogBehind, PipelineError, Unavailable
from pipeline.settings import KafkaSettings

DAY_MS = 86_400_000
SCAN_SECONDS = 30.0
SCAN_RECORDS = 2_000
SCAN_FETCH_BYTES = 8 * 1024 * 1024
COORDINATOR_SECONDS = 5.0
PAUSE_SECONDS = 0.2
FILL_RECORDS = 5_000
BEHIND = (
    "{topic}/{partition} ends at {end}, but rows up to offset {stored} were made of it: the topic was made again, or"
    " this is another Kafka. Nothing is read, and nothing is lost. If it is the right one, stop the consumers and type:"
    " nhip salvage --apply"
)
FORGOTTEN = (
    "{topic}/{partition}: Kafka has forgotten where the group was, though rows up to offset {stored} were made of it."
    " Nothing is read, and nothing is lost: stop the consumers and type: nhip salvage --apply"
)
COORDINATING = (
    errors.CoordinatorLoadInProgressError,
    errors.CoordinatorNotAvailableError,
    errors.NotCoordinatorError,
)

Answer = TypeVar("Answer")


class KafkaBroker:
    """One cluster, reached when first asked.

    ``heartbeat_seconds``: how often a member sends its group a heartbeat; ``poll_seconds``: how long a member may go
    without polling; ``sticky_seconds``: how long a producer stays with a partition.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        *,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
        poll_seconds: float = POLL_SECONDS,
        sticky_seconds: float = STICKY_SECONDS,
    ) -> None:
        self._settings = settings
        self._heartbeat_seconds = heartbeat_seconds
        self._poll_seconds = poll_seconds
        self._sticky_seconds = sticky_seconds
        self._lock = threading.Lock()
        self._admin: Any = None

    def create_topics(self, topics: tuple[Topic, ...]) -> None:
        """Make the topics that do not exist; add partitions to those that have too few, and change nothing else.
        Raises ConfigurationError, naming the setting, if the cluster can't."""
        there = self._ask(lambda admin: {topic["name"]: topic for topic in admin.describe_topics()})
        for topic in topics:
            if topic.name not in there:
                self._create(topic)
            elif len(there[topic.name]["partitions"]) < topic.partitions:
                self._add_partitions(topic)

    def producer(self) -> KafkaProducer:
        return KafkaProducer(self._settings, sticky_seconds=self._sticky_seconds)

    def consumer(self, *, group: str, topic: str, member: str) -> KafkaConsumer:
        return KafkaConsumer(
            self._settings,
            group=group,
            topic=topic,
            member=member,
            heartbeat_seconds=self._heartbeat_seconds,
            poll_seconds=self._poll_seconds,
        )

    def read(self, topic: str) -> list[Record]:
        begin, end = self.begin_offsets(topic), self.end_offsets(topic)
        return [
            record
            for partition in sorted(end)
            for record in self.scan(partition, first=begin[partition], end=end[partition])
        ]

    def scan(self, partition: TopicPartition, *, first: int, end: int) -> Iterator[Record]:
        """Stops at the end of the log, and skips what retention has deleted.
        Raises Unavailable if nothing comes for SCAN_SECONDS."""
        first = max(first, self.begin_offsets(partition.topic).get(partition, 0))
        end = min(end, self.end_offsets(partition.topic).get(partition, 0))
        if first >= end:
            return
        client = self._open_scanner()
        try:
            with faults(self._settings):
                client.assign([KafkaPartition(*partition)])
                client.seek(KafkaPartition(*partition), first)
            while records := self._next(client, KafkaPartition(*partition), end):
                yield from records_of(one for one in records if one.offset < end)
        finally:
            client.close(autocommit=False)

    def begin_offsets(self, topic: str) -> Mapping[TopicPartition, int]:
        return self._offsets(topic, OffsetSpec.EARLIEST)

    def end_offsets(self, topic: str) -> Mapping[TopicPartition, int]:
        return self._offsets(topic, OffsetSpec.LATEST)

    def offsets_since(self, topic: str, at: int) -> Mapping[TopicPartition, int]:
        end = self.end_offsets(topic)
        since = self._offsets(topic, at)
        return {partition: since[partition] if since[partition] >= 0 else end[partition] for partition in end}

    def committed(self, group: str, topic: str) -> Mapping[TopicPartition, Committed]:
        found = self._ask_coordinator(lambda admin: admin.list_group_offsets({group: None})[group])
        return {
            TopicPartition(*partition): Committed(place.offset, place.metadata or "")
            for partition, place in found.items()
            if partition.topic == topic and place.offset >= 0
        }

    def members(self, group: str) -> int:
        def ask(admin: Any) -> int:
            described = admin.describe_groups([group])[group]
            error = described["error"] or ""
            for kind in (*COORDINATING, errors.GroupAuthorizationFailedError):
                if kind.__name__ in error:  # the library gives its text alone
                    raise kind(group)
            if error and errors.GroupIdNotFoundError.__name__ not in error:
                raise Unavailable(f"Kafka can't tell who is in {group}: {error}")
            return len(described["members"] or ())

        return self._ask_coordinator(ask)

    def start_appending(self) -> None:
        """Nothing: Kafka's offsets can't be moved, so there is nothing to remember."""

    def go_on_past(
        self,
        partition: TopicPartition,
        offset: int,
        *,
        is_stored: IsStored,  # noqa: ARG002 - `nhip salvage` looks
        fresh: bool,
    ) -> Skip | None:
        """A client can't raise Kafka's offsets, so a topic that was made again is left to a person."""
        end = self.end_offsets(partition.topic).get(partition, 0)
        if end < offset:
            raise LogBehind(BEHIND.format(topic=partition.topic, partition=partition.partition, end=end, stored=offset))
        if fresh and offset:
            raise LogBehind(FORGOTTEN.format(topic=partition.topic, partition=partition.partition, stored=offset))
        return None

    def skips(self, topic: str) -> list[Skip]:  # noqa: ARG002 - Kafka skips none: `nhip salvage` fills them up
        return []

    def fill_up(self, partition: TopicPartition, offset: int) -> None:
        """Use up the offsets below ``offset`` with records that have no rows; may be repeated. Raises Unavailable."""
        producer = self.producer()
        try:
            while (missing := offset - self.end_offsets(partition.topic).get(partition, 0)) > 0:
                sent = [
                    producer.begin(partition.topic, FILLER, partition=partition.partition)
                    for _ in range(min(missing, FILL_RECORDS))
                ]
                for one in sent:
                    one.result()
        finally:
            producer.close()

    def move_group(self, group: str, places: Mapping[TopicPartition, int]) -> None:
        """Let ``group``, which must have no members, go on at these offsets. Raises Unavailable."""
        offsets = {KafkaPartition(*place): OffsetAndMetadata(offset, "", -1) for place, offset in places.items()}
        answers = self._ask_coordinator(lambda admin: admin.alter_group_offsets(group, offsets))
        refused = [error.__name__ for error in answers.values() if error is not errors.NoError]
        if refused:
            raise Unavailable(
                f"Kafka does not move the group {group} ({refused[0]}); stop the consumers, then try again"
            )

    def try_write(self) -> None:
        """Nothing: a broker's disk is not of this machine."""

    def enforce_retention(self) -> None:
        """Kafka does so itself, by the topics' ``retention.ms``."""

    def close(self) -> None:
        with self._lock:
            self._disconnect()

    def _add_partitions(self, topic: Topic) -> None:
        self._ask(lambda admin: admin.create_partitions({topic.name: topic.partitions}))

    def _create(self, topic: Topic) -> None:
        wanted = {
            "num_partitions": topic.partitions,
            "replication_factor": self._settings.replication,
            "configs": topic_configuration(topic, self._settings),
        }
        try:
            self._ask(lambda admin: admin.create_topics({topic.name: wanted}, wait_for_metadata=True))
        except PipelineError as error:
            if isinstance(error.__cause__, errors.TopicAlreadyExistsError):
                return  # another was faster
            if not isinstance(error.__cause__, errors.InvalidReplicationFactorError):
                raise
            brokers = self._ask(lambda admin: len(admin.describe_cluster()["brokers"]))
            raise ConfigurationError(
                f"NHIP_KAFKA_REPLICATION={self._settings.replication}: the cluster has {brokers} broker(s) to copy to",
                **place_of(self._settings),
                variable="NHIP_KAFKA_REPLICATION",
            ) from error

    def _offsets(self, topic: str, at: int) -> Mapping[TopicPartition, int]:
        """Per partition the offset of ``at``, an OffsetSpec or Unix milliseconds; -1 where there is none."""

        def ask(admin: Any) -> dict[TopicPartition, int]:
            (described,) = admin.describe_topics([topic])
            if described["error_code"] == errors.TopicAuthorizationFailedError.errno:  # else it looks like an empty log
                raise errors.TopicAuthorizationFailedError(topic)
            wanted = {KafkaPartition(topic, one["partition_index"]): at for one in described["partitions"]}
            found = admin.list_partition_offsets(wanted) if wanted else {}
            return {TopicPartition(*partition): place.offset for partition, place in sorted(found.items())}

        return self._ask(ask)

    def _ask(self, question: Callable[[Any], Answer]) -> Answer:
        """Ask over the one connection for such questions; if it fails, as after an outage, over a new one."""
        with self._lock:
            if self._admin is not None:
                with suppress(Unavailable):
                    return self._ask_once(question)
            self._admin = open_client(KafkaAdminClient, self._settings, "nhip-admin")
            return self._ask_once(question)

    def _ask_coordinator(self, question: Callable[[Any], Answer]) -> Answer:
        """Ask again for a moment: Kafka makes the topic of all groups' offsets at the first question about a group."""
        deadline = time.monotonic() + COORDINATOR_SECONDS
        while True:
            try:
                return self._ask(question)
            except Unavailable as error:
                if not isinstance(error.__cause__, COORDINATING) or time.monotonic() > deadline:
                    raise
            time.sleep(PAUSE_SECONDS)

    def _ask_once(self, question: Callable[[Any], Answer]) -> Answer:
        try:
            with faults(self._settings):
                return question(self._admin)
        except Exception:
            self._disconnect()
            raise

    def _disconnect(self) -> None:
        admin, self._admin = self._admin, None
        if admin is not None:
            admin.close()

    def _open_scanner(self) -> Any:
        return open_client(
            kafka.KafkaConsumer,
            self._settings,
            "nhip-scan",
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_records=SCAN_RECORDS,
            max_partition_fetch_bytes=SCAN_FETCH_BYTES,
            allow_auto_create_topics=False,
            metrics_enabled=False,
        )

    def _next(self, client: Any, partition: Any, end: int) -> list[Any]:
        """The next records; none at ``end``, which may come early if retention deletes records meanwhile."""
        deadline = time.monotonic() + SCAN_SECONDS
        with faults(self._settings):
            while (client.position(partition, timeout_ms=milliseconds(REQUEST_SECONDS)) or 0) < end:
                found: list[Any] = client.poll(timeout_ms=500).get(partition, [])
                if found:
                    return found
                if time.monotonic() > deadline:
                    raise Unavailable(
                        f"Kafka gave no record of {partition.topic}/{partition.partition} in {SCAN_SECONDS} s"
                    )
        return []


def topic_configuration(topic: Topic, settings: KafkaSettings) -> dict[str, str]:
    """Kafka deletes a whole segment once its *newest* record is past the retention, which a segment that is still
    written to never is. So segments are closed after a quarter of the retention, at most a day: a day's salt is then
    in a segment of its own, and gone when its time is over. What is compacted, Kafka looks through segment by segment,
    too, and leaves all records there until they have been kept for the retention."""
    kept = "min.compaction.lag.ms" if topic.compacted else "retention.ms"
    return {
        "cleanup.policy": "compact" if topic.compacted else "delete",
        "compression.type": "producer",
        "max.message.bytes": str(MAX_RECORD_BYTES),
        "message.timestamp.type": "LogAppendTime",
        "min.insync.replicas": str(settings.min_insync_replicas),
        kept: str(topic.retention_ms),
        "segment.ms": str(max(1, min(DAY_MS, topic.retention_ms // 4))),
        "unclean.leader.election.enable": "false",
    }
