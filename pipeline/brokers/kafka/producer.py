"""Appends to Kafka: acknowledged by all in-sync replicas, and never twice, however often it is retried."""

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, NamedTuple

import kafka
from kafka.errors import AuthorizationError, KafkaError

from pipeline.brokers.kafka import patches
from pipeline.brokers.kafka.client import CONNECT_SECONDS, fault_of, faults, milliseconds, open_client, place_of
from pipeline.brokers.protocols import Record
from pipeline.errors import NoAnswer, Unavailable
from pipeline.settings import KafkaSettings

STICKY_SECONDS = 1.0
CLOSE_SECONDS = 5.0
DELIVERY_SECONDS = 24 * 3600.0
MAX_RECORD_BYTES = 8 * 1024 * 1024
BATCH_BYTES = 1024 * 1024


class Choice(NamedTuple):
    partition: int
    until: float


class KafkaProducer:
    """Safe to call from several threads; connects when first used.

    A record that is not acknowledged in time is *ambiguous*: the producer retries it for DELIVERY_SECONDS under the
    same sequence number, so that it gets into the log once, or fails. The future of ``begin`` tells which.

    Records without a key go to one partition for ``sticky_seconds``, then to the next. At low rates few partitions have
    new records at a time, so that consumers insert rarely and many rows at once; over time all partitions get a share.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        *,
        sticky_seconds: float = STICKY_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._sticky_seconds = sticky_seconds
        self._clock = clock
        self._choices: dict[str, Choice] = {}
        self._lock = threading.Lock()
        self._client: Any = None
        self._connection: Future[Any] | None = None
        self._patient_until = 0.0
        self._closed = False

    def send(self, topic: str, value: bytes, *, key: bytes | None = None, partition: int | None = None) -> Record:
        """Append and return when durable. Raises Unavailable after the settings' ``timeout_seconds``; the record may
        get into the log all the same."""
        appended = self.begin(topic, value, key=key, partition=partition)
        try:
            return appended.result(self._settings.timeout_seconds)
        except TimeoutError:
            raise Unavailable(f"Kafka did not acknowledge in {self._settings.timeout_seconds:g} s") from None

    def begin(
        self, topic: str, value: bytes, *, key: bytes | None = None, partition: int | None = None
    ) -> "Future[Record]":
        """Append without waiting for the acknowledgement. The future gives the record; it raises Unavailable if the
        record was given up, Rejected if it is too large. Raises Unavailable, with nothing sent, if Kafka was never
        reached."""
        client = self._connected()
        if partition is None and key is None:
            partition = self.choose_partition(topic)
        self._partitions(client, topic)
        appended: Future[Record] = Future()

        def succeed(metadata: Any) -> None:
            appended.set_result(Record(topic, metadata.partition, metadata.offset, metadata.timestamp, key, value))

        def fail(error: BaseException) -> None:
            appended.set_exception(fault_of(error, self._settings))

        with faults(self._settings):
            try:
                sent = client.send(topic, value, key=key, partition=partition)
            except ValueError as error:
                raise Unavailable(f"{error}; `nhip migrate` makes the topics") from error
        sent.add_callback(succeed)
        sent.add_errback(fail)
        return appended

    def choose_partition(self, topic: str) -> int:
        """Where a record without a key goes now. Raises Unavailable if Kafka was never reached."""
        count = self._partitions(self._connected(), topic)
        with self._lock:
            now, choice = self._clock(), self._choices.get(topic)
            if choice is None:
                choice = Choice(random.randrange(count), now + self._sticky_seconds)
            elif now >= choice.until:
                choice = Choice((choice.partition + 1) % count, now + self._sticky_seconds)
            self._choices[topic] = choice
            return choice.partition

    def close(self) -> None:
        """Wait up to CLOSE_SECONDS for acknowledgements; records without one then fail as Unavailable."""
        with self._lock:
            self._closed = True
            client, self._client = self._client, None
        if client is not None:
            _close(client, CLOSE_SECONDS)

    def _partitions(self, client: Any, topic: str) -> int:
        with faults(self._settings):
            try:
                return len(client.partitions_for(topic))
            except AuthorizationError as error:
                raise Unavailable(str(fault_of(error, self._settings))) from error
            except KafkaError as error:
                raise Unavailable(
                    f"Kafka knows no topic {topic}, or does not answer; `nhip migrate` makes it"
                ) from error

    def _connected(self) -> Any:
        """The client. It connects in a thread; callers wait for that during the first ``timeout_seconds``, and are
        refused at once afterwards, while Kafka stays away."""
        with self._lock:
            if self._closed:
                raise Unavailable("this producer is closed")
            if self._client is not None and patches.has_failed(self._client):
                self._discard()
            if self._client is not None:
                return self._client
            if self._connection is None:
                self._connection = Future()
                self._patient_until = time.monotonic() + self._settings.timeout_seconds
                threading.Thread(
                    target=self._connect, args=(self._connection,), name="kafka-connect", daemon=True
                ).start()
            connection = self._connection
        try:
            return connection.result(max(0.0, self._patient_until - time.monotonic()))
        except TimeoutError:
            kafka = place_of(self._settings)
            raise NoAnswer(
                f"Kafka at {kafka['address']} does not answer (NHIP_KAFKA_BOOTSTRAP_SERVERS)",
                **kafka,
                variable="NHIP_KAFKA_BOOTSTRAP_SERVERS",
            ) from None

    def _connect(self, connection: "Future[Any]") -> None:
        try:
            client = self._open()
        except Exception as error:  # any error goes to those who wait
            with self._lock:
                self._connection = None
            connection.set_exception(error)
            return
        with self._lock:
            self._connection = None
            if self._closed:
                _close(client, 0)
                connection.set_exception(Unavailable("this producer is closed"))
                return
            self._client = client
        connection.set_result(client)

    def _open(self) -> Any:
        return open_client(
            kafka.KafkaProducer,
            self._settings,
            "nhip-producer",
            acks="all",
            enable_idempotence=True,
            compression_type="lz4",
            linger_ms=0,
            batch_size=BATCH_BYTES,
            max_request_size=MAX_RECORD_BYTES,
            delivery_timeout_ms=milliseconds(DELIVERY_SECONDS),
            max_block_ms=milliseconds(self._settings.timeout_seconds),
            bootstrap_timeout_ms=milliseconds(CONNECT_SECONDS),
            allow_auto_create_topics=False,
            metrics_enabled=False,
        )

    def _discard(self) -> None:
        """A client that does not recover (the broker no longer takes its identity) is replaced by a new one."""
        broken, self._client = self._client, None
        threading.Thread(target=_close, args=(broken, 0), name="kafka-discard", daemon=True).start()


def _close(client: Any, seconds: float) -> None:
    try:
        client.close(timeout=seconds)
    except KafkaError:  # some records are pending
        patches.fail_pending(client, seconds=CLOSE_SECONDS)
        with suppress(KafkaError):
            client.close(timeout=0)
