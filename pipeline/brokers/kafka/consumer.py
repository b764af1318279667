"""A member of a Kafka consumer group: static, committing by hand, fenced by the group's coordinator."""

import itertools
import logging
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

import kafka
from kafka.admin import MemberToRemove
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.errors import FencedInstanceIdError, KafkaError
from kafka.structs import MemberState, OffsetAndMetadata
from kafka.structs import TopicPartition as KafkaPartition

from pipeline.brokers.kafka import patches
from pipeline.brokers.kafka.client import REQUEST_SECONDS, faults, milliseconds, open_client
from pipeline.brokers.protocols import Committed, Record, TopicPartition
from pipeline.errors import ConfigurationError, Fenced, PipelineError, Unavailable
from pipeline.settings import KafkaSettings

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 1.0
POLL_SECONDS = 60.0
CLOSE_SECONDS = 5.0
PARTITION_FETCH_BYTES = 2 * 1024 * 1024
FETCH_BYTES = 16 * 1024 * 1024


class KafkaConsumer:
    """One member of ``group``, used by one thread; connects when first polled.

    ``member`` is its static name: a process that comes back under the name takes its partitions over at once. A member
    that closes leaves the group, so that others need not wait for its session to end; a member that has not polled for
    ``poll_seconds`` leaves it too, in a thread of the client.

    After each rebalance every partition starts again at its commit, under a new epoch: a member that keeps a partition
    through an interrupted rebalance can't know whether another member had it meanwhile.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        *,
        group: str,
        topic: str,
        member: str,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._settings = settings
        self._group = group
        self._topic = topic
        self._member = member
        self._heartbeat_seconds = min(heartbeat_seconds, settings.session_seconds / 4)
        self._poll_seconds = poll_seconds
        self._client: Any = None
        self._assignment = _Assignment()
        self._replaced = False

    def poll(self, *, timeout: float, max_records: int) -> list[Record]:
        client = self._connected()
        if self._replaced:
            time.sleep(timeout)
            return []
        try:
            with faults(self._settings):
                return self._poll(client, timeout, max_records)
        except Fenced as error:
            if not isinstance(error.__cause__, FencedInstanceIdError):  # it lost its place, not its name: join again
                self._disconnect()
                raise Unavailable(f"the group {self._group} no longer knows this member: {error}") from error
            self._be_replaced(error)
            return []
        except ConfigurationError:  # a client once refused stays refused
            self._disconnect()
            raise

    def assignment(self) -> Mapping[TopicPartition, int]:
        return self._assignment.epochs

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self._check(partition)
        self._client.seek(KafkaPartition(*partition), offset)

    def committed(self, partition: TopicPartition) -> Committed | None:
        with faults(self._settings):
            found = self._connected().committed(
                KafkaPartition(*partition), metadata=True, timeout_ms=milliseconds(REQUEST_SECONDS)
            )
        return Committed(found.offset, found.metadata or "") if found else None

    def commit(self, partition: TopicPartition, committed: Committed) -> None:
        self._check(partition)
        if self._client.group_metadata().state is not MemberState.STABLE:  # else it would wait for this very thread
            raise Fenced(f"the group {self._group} is rebalancing")
        with faults(self._settings):
            self._client.commit(
                {KafkaPartition(*partition): OffsetAndMetadata(committed.offset, committed.metadata, -1)},
                timeout_ms=milliseconds(REQUEST_SECONDS),
            )

    def close(self) -> None:
        self._disconnect()

    def _poll(self, client: Any, timeout: float, max_records: int) -> list[Record]:
        held = self._assignment.epochs
        if max_records:
            found = client.poll(timeout_ms=timeout * 1000, max_records=max_records)
        else:
            found = self._poll_membership(client, timeout)
        if patches.is_replaced(client):
            raise FencedInstanceIdError
        if self._assignment.epochs != held:
            self._start_at_commits(client)
            return []
        return [record for records in found.values() for record in records_of(records)]

    def _poll_membership(self, client: Any, timeout: float) -> dict[Any, Any]:
        """Take part in the group and fetch nothing; records fetched before stay for the next poll."""
        paused = client.assignment()
        client.pause(*paused)
        try:
            found = client.poll(timeout_ms=timeout * 1000, max_records=1)
        finally:
            client.resume(*(partition for partition in paused if partition in client.assignment()))
        for partition, records in found.items():  # of partitions assigned during this poll
            client.seek(partition, records[0].offset)
        return {}

    def _start_at_commits(self, client: Any) -> None:
        for partition in self._assignment.epochs:
            committed = self.committed(partition)
            if committed:
                client.seek(KafkaPartition(*partition), committed.offset)
            else:
                client.seek_to_beginning(KafkaPartition(*partition))

    def _check(self, partition: TopicPartition) -> None:
        if partition not in self._assignment.epochs:
            raise Fenced(f"{partition.topic}/{partition.partition} is not assigned to this member")

    def _be_replaced(self, error: Fenced) -> None:
        """Another process has this member's name: if both went on, each would replace the other for ever."""
        log.error(
            "another process joined %s as %r and has taken this one's place (%s); NHIP_MEMBER must differ",
            self._group,
            self._member,
            error,
        )
        self._replaced = True
        self._assignment.forget()

    def _connected(self) -> Any:
        if self._client is None:
            self._client = self._open()
        return self._client

    def _open(self) -> Any:
        client = open_client(
            kafka.KafkaConsumer,
            self._settings,
            f"nhip-{self._member}",
            group_id=self._group,
            group_instance_id=self._member,
            partition_assignment_strategy=(RangePartitionAssignor,),
            session_timeout_ms=milliseconds(self._settings.session_seconds),
            heartbeat_interval_ms=milliseconds(self._heartbeat_seconds),
            max_poll_interval_ms=milliseconds(self._poll_seconds),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_bytes=FETCH_BYTES,
            max_partition_fetch_bytes=PARTITION_FETCH_BYTES,
            allow_auto_create_topics=False,
            metrics_enabled=False,
        )
        patches.leave_when_closed(client)
        patches.take_up_joins(client)
        client.subscribe([self._topic], listener=self._assignment)
        try:  # before the first rebalance, which would assign nothing without it and be followed by a second
            with faults(self._settings):
                if not client.partitions_for_topic(self._topic):
                    raise Unavailable(f"Kafka has no topic {self._topic}; `nhip migrate` makes it")
        except BaseException:
            client.close(autocommit=False)
            raise
        return client

    def _disconnect(self) -> None:
        client, self._client = self._client, None
        self._assignment.forget()
        if client is None:
            return
        if client.group_metadata().state is MemberState.REBALANCING and not self._replaced:
            self._take_back_joining()
        with suppress(KafkaError, OSError):
            client.close(autocommit=False, timeout_ms=milliseconds(CLOSE_SECONDS))

    def _take_back_joining(self) -> None:
        """Leave over another connection: the broker reads nothing from one that waits for its join to be answered.

        Otherwise the group would admit the member, whose partitions would wait for its session to end.
        """
        with suppress(KafkaError, OSError, PipelineError):
            admin = open_client(kafka.KafkaAdminClient, self._settings, f"nhip-{self._member}-leaves")
            try:
                admin.remove_group_members(self._group, [MemberToRemove(group_instance_id=self._member)])
            finally:
                admin.close()


class _Assignment(kafka.ConsumerRebalanceListener):
    """The assignment, kept up to date while the member polls. ``epochs`` is replaced, never changed."""

    def __init__(self) -> None:
        self.epochs: Mapping[TopicPartition, int] = {}
        self._numbers = itertools.count(1)

    def on_partitions_assigned(self, assigned: Iterable[Any]) -> None:
        self.epochs = dict.fromkeys((TopicPartition(*partition) for partition in sorted(assigned)), next(self._numbers))

    def on_partitions_revoked(self, _revoked: Iterable[Any]) -> None:
        self.forget()

    def on_partitions_lost(self, _lost: Iterable[Any]) -> None:
        self.forget()

    def forget(self) -> None:
        self.epochs = {}


def records_of(records: Iterable[Any]) -> list[Record]:
    return [Record(one.topic, one.partition, one.offset, one.timestamp, one.key, one.value or b"") for one in records]
