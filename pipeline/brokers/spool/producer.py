"""Appends to Kafka and, while Kafka is away, to the spool; drains the spool when Kafka is back.

The hard case is the record that was handed to Kafka and not answered: it may be in the log or not. So each record has a
key of its own and a partition chosen beforehand, and

1. a record without an answer in time is stored as *handed over* and then acknowledged; its answer stays awaited;
2. while any such answer is out, Kafka counts as away and new records go straight to the spool, as *fresh*;
3. a fresh record is marked as handed over before it is sent, and deleted after it is answered;
4. a record whose answer will never come – the process died, the producer gave up – is looked up by its key in its
   partition once Kafka has settled: deleted if it is there, fresh again if not.

``append``, ``store`` and ``drain`` never wait for an answer and need no thread, so that tests can take every step in
any order; ``start`` runs the last two in a thread each. Any thread may call ``append``, and an answer comes in any
thread. One lock guards the ledger and what the two threads wait for. It is held for moments: never across a call to
Kafka, to the spool's file or to ``Availability``, which has a lock of its own, and never while a future is resolved.
"""

import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from functools import partial
from typing import Protocol

from pipeline.brokers.leaving import LEAVE_SECONDS, let_go
from pipeline.brokers.protocols import Record
from pipeline.brokers.spool.availability import PROBE_SECONDS, Availability
from pipeline.brokers.spool.ledger import Append, Due, Ledger
from pipeline.brokers.spool.lookup import Log, keys_in_log
from pipeline.brokers.spool.store import Entry, Handed, Spool
from pipeline.errors import PipelineError, SpoolFull, Unavailable
from pipeline.events import EVENTS_TOPIC
from pipeline.process.health import Note

log = logging.getLogger(__name__)

KEY_BYTES = 16
IDLE_SECONDS = 5.0
SETTLE_SECONDS = 5.0  # a broker that answers for so long has appended what a dead connection last sent
DRAIN_RECORDS = 500
DRAIN_BYTES = 8 << 20
STUCK_SECONDS = 30.0
NO_ROOM = "the spool has no room (NHIP_SPOOL_MEGABYTES)"


class PatientProducer(Protocol):
    """Kafka's producer. It retries a record, in order and never twice, until the record's future is done."""

    def begin(
        self, topic: str, value: bytes, *, key: bytes | None = None, partition: int | None = None
    ) -> Future[Record]:
        """Hand a record over without waiting. Kafka may have the record even if this raises or the future fails."""

    def choose_partition(self, topic: str) -> int:
        """Where the next record goes. Raises Unavailable."""

    def send(self, topic: str, value: bytes, *, key: bytes | None = None, partition: int | None = None) -> Record: ...

    def close(self) -> None: ...


class SpoolingProducer:
    """The log as the collector writes it. ``clock`` gives Unix seconds, ``timer`` seconds that never jump.

    ``timeout_seconds``: how long an append may wait for Kafka before it goes to the spool. ``producer`` and ``spool``
    are its own, and closed with it.
    """

    def __init__(
        self,
        producer: PatientProducer,
        broker: Log,
        spool: Spool,
        *,
        timeout_seconds: float,
        clock: Callable[[], float] = time.time,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._producer = producer
        self._broker = broker
        self._spool = spool
        self._timeout = timeout_seconds
        self._clock = clock
        self._timer = timer

        self._availability = Availability(self._ask, timer=timer)
        self._lock = threading.Lock()
        self._ledger = Ledger(spool.handed_over(), now=timer())
        self._to_store = threading.Condition(self._lock)
        self._to_drain = threading.Condition(self._lock)
        self._news = False  # for the drainer
        self._stopping = False  # take no more and store what there is
        self._stored = False  # nothing is left to store

        self._storer = threading.Thread(target=self._keep_storing, name="spool", daemon=True)
        self._drainer = threading.Thread(target=self._keep_draining, name="drain", daemon=True)
        self._storing_since: float | None = None
        self._store_fault: str | None = None
        self._drain_failed = False

    # records in

    def append(self, topic: str, value: bytes) -> Future[None]:
        """Make ``value`` durable, in Kafka or in the spool; never blocks, and the future can't be cancelled.

        The future raises NotStored if the record is surely not stored, Unavailable if nobody knows.
        """
        append = Append(Entry(topic, secrets.token_bytes(KEY_BYTES), value))
        if self._availability.there and not self._stopping:
            self._send_directly(append)
        else:
            self._spool_fresh(append)
        return append.durable

    def send(self, topic: str, value: bytes, *, key: bytes | None = None, partition: int | None = None) -> Record:
        """Append to Kafka and nowhere else, as any producer does. Raises Unavailable."""
        return self._producer.send(topic, value, key=key, partition=partition)

    def _send_directly(self, append: Append) -> None:
        try:
            place = self._producer.choose_partition(append.entry.topic)
        except PipelineError as error:
            self._lose_sight(str(error))
            self._spool_fresh(append)
            return
        append.hand_over(Handed(place, self._now()), overdue_at=self._timer() + self._timeout)
        with self._lock:
            self._ledger.send(append)
        self._begin(append)

    def _spool_fresh(self, append: Append) -> None:
        """The limit is for fresh records: those that Kafka may have are few, and are stored beyond the limit."""
        with self._lock:
            stopping = self._stopping
            fits = self._ledger.queued_bytes + append.entry.bytes <= self._spool.room
            if fits and not stopping:
                self._ledger.queue(append)
                self._to_store.notify()
                return
        append.resolve(SpoolFull("the collector is stopping" if stopping else NO_ROOM))

    # to Kafka and back

    def _begin(self, append: Append) -> None:
        entry, handed = append.entry, append.entry.handed
        assert handed is not None
        try:
            sent = self._producer.begin(entry.topic, entry.value, key=entry.key, partition=handed.partition)
        except Exception as error:  # Kafka may have the record all the same
            self._hear(append, arrived=False, trouble=str(error) or repr(error))
        else:
            sent.add_done_callback(partial(self._hear_future, append))

    def _hear_future(self, append: Append, sent: "Future[Record]") -> None:
        error = sent.exception()
        self._hear(append, arrived=error is None, trouble=str(error))

    def _hear(self, append: Append, *, arrived: bool, trouble: str) -> None:
        """The answer to an append, in whichever thread it comes."""
        with self._lock:
            due = self._ledger.hear(append, arrived=arrived, now=self._timer())
            if due is Due.STORE:
                self._to_store.notify()
            elif due is Due.DRAIN:
                self._wake_drainer()
        if arrived:
            append.resolve()
        else:
            self._lose_sight(trouble)

    # to the spool

    def store(self) -> None:
        """Write to the spool, with one fsync, the queued records and those that Kafka has not answered in time."""
        overdue, queued = self._take_for_spool()
        if overdue:
            self._lose_sight(f"no answer within {self._timeout:g} s")
        appends = [*overdue, *queued]
        if not appends:
            self._try_again()
            return
        try:
            numbers = self._spool.add([append.entry for append in appends])
        except Exception as error:
            self._refuse(appends, error)
        else:
            self._store_fault = None
            self._acknowledge(dict(zip(numbers, appends, strict=True)))
        finally:
            with self._lock:
                self._ledger.release(queued)
                self._storing_since = None

    def _try_again(self) -> None:
        """After a failure, without records: whether the spool can be written again, for readiness."""
        if self._store_fault is None:
            return
        try:
            self._spool.try_write()
        except Exception as error:
            self._store_fault = str(error)
        else:
            self._store_fault = None

    def _take_for_spool(self) -> tuple[list[Append], list[Append]]:
        with self._lock:
            overdue, queued = self._ledger.take_for_spool(self._timer())
            self._storing_since = self._timer() if overdue or queued else None
        return overdue, queued

    def _acknowledge(self, stored: Mapping[int, Append]) -> None:
        with self._lock:
            self._ledger.note_stored(stored, now=self._timer())
            self._wake_drainer()
        for append in stored.values():
            append.resolve()

    def _refuse(self, appends: Iterable[Append], error: Exception) -> None:
        """Kafka may have the records it was given; the error tells what is known of the others."""
        if self._store_fault is None:
            log.error("views can't be spooled, the first of a row: %s", error)
        self._store_fault = str(error)
        unsure = Unavailable(f"neither Kafka nor the spool took it in time: {error}")
        for append in appends:
            append.resolve(unsure if append.entry.handed else error)

    # out of the spool

    def drain(self) -> float:
        """One step towards an empty spool; returns the seconds until the next one, which news bring forward.

        Raises Unavailable.
        """
        self._delete_arrived()
        doubtful = self._ledger.has_unknown
        if not self._availability.probe(seconds=PROBE_SECONDS if doubtful else IDLE_SECONDS) or self._stopping:
            return PROBE_SECONDS
        with self._lock:
            awaited = self._ledger.oldest_awaited()
            unknown = self._ledger.unknown()
        if awaited:
            if self._availability.there and awaited.overdue_at <= self._timer():
                self._lose_sight(f"no answer within {self._timeout:g} s")
            return PROBE_SECONDS
        answers_since = self._availability.confirm()
        if answers_since is None:
            return PROBE_SECONDS
        if unknown:
            settled_in = max(answers_since, *unknown.values()) + SETTLE_SECONDS - self._timer()
            if settled_in > 0:
                return min(settled_in, PROBE_SECONDS)
            self._look_up(unknown)
        return self._timeout if self._send_fresh() else IDLE_SECONDS

    def _delete_arrived(self) -> None:
        with self._lock:
            arrived = self._ledger.arrived()
        if arrived:
            self._spool.delete(arrived)
            with self._lock:
                self._ledger.forget_arrived(arrived)

    def _look_up(self, unknown: Iterable[int]) -> None:
        """Find out which of the entries Kafka has: delete those, make the others fresh again."""
        entries = {number: entry for number, entry in self._spool.handed_over().items() if number in set(unknown)}
        arrived = keys_in_log(self._broker, entries.values())
        there = [number for number, entry in entries.items() if entry.key in arrived]
        missing = [number for number, entry in entries.items() if entry.key not in arrived]
        log.warning("of %d records without an answer Kafka has %d", len(entries), len(there))
        self._spool.delete(there)
        self._spool.take_back(missing)
        with self._lock:
            self._ledger.settle(unknown)

    def _send_fresh(self) -> bool:
        """Mark the oldest fresh entries as handed over, durably, and send them; returns whether there were any."""
        entries = self._spool.fresh(limit_records=DRAIN_RECORDS, limit_bytes=DRAIN_BYTES)
        if not entries or self._stopping:
            return False
        handed = {
            number: Handed(self._producer.choose_partition(entry.topic), self._now())
            for number, entry in entries.items()
        }
        self._spool.hand_over(handed)
        overdue_at = self._timer() + self._timeout
        appends = {number: Append(entry, number=number) for number, entry in entries.items()}
        for number, append in appends.items():
            append.hand_over(handed[number], overdue_at=overdue_at)
        with self._lock:
            self._ledger.await_answers(appends)
        for append in appends.values():
            self._begin(append)
        return True

    def _ask(self) -> None:
        """Raises Unavailable. The producer must know the topic as well, so that ``append`` never waits for it."""
        if not self._broker.end_offsets(EVENTS_TOPIC):
            raise Unavailable(f"topic {EVENTS_TOPIC} is not there; run `nhip migrate`")
        self._producer.choose_partition(EVENTS_TOPIC)

    def _lose_sight(self, trouble: str) -> None:
        self._availability.lose(trouble)
        with self._lock:
            self._wake_drainer()

    # running

    def start(self) -> None:
        self._storer.start()
        self._drainer.start()

    def close(self) -> None:
        """Store what is under way, wait a little for answers that are out, then close Kafka and the spool.

        The next start goes on from what is stored, so this does not wait for a Kafka that is away.
        """
        with self._lock:
            self._stopping = True
            self._to_store.notify()
        if self._storer.is_alive():
            self._storer.join()
        with self._lock:
            self._stored = True
            self._wake_drainer()
        if self._drainer.is_alive():
            self._drainer.join(self._timeout + LEAVE_SECONDS)
        let_go(self._producer.close)
        self._spool.close()

    def check(self) -> str | None:
        """For readiness. That Kafka is away is no fault while the spool has room and can be written."""
        records, trouble, fault = self._spool.records, self._availability.trouble, self._store_fault
        if self._availability.there:
            notes = [f"{records} records in the spool"] if records else []
            notes += [f"the spool can't be written: {fault}"] if fault else []
            return Note("; ".join(notes)) if notes else None
        if fault:
            return f"away, and the spool can't be written ({fault}): {trouble}"
        if self._spool.room <= 0:
            return f"away, and the spool is full with {records} records (NHIP_SPOOL_MEGABYTES): {trouble}"
        return Note(f"away, {records} records in the spool: {trouble}")

    def check_alive(self) -> str | None:
        """For liveness."""
        dead = [thread.name for thread in (self._storer, self._drainer) if not thread.is_alive()]
        if dead:
            return f"the thread {' and '.join(dead)} has ended"
        since = self._storing_since
        if since is not None and self._timer() - since > STUCK_SECONDS:
            return f"the spool's disk has not answered for {self._timer() - since:.0f} s"
        return None

    def _keep_storing(self) -> None:
        while True:
            with self._lock:
                self._to_store.wait_for(
                    lambda: self._ledger.has_queued or self._nothing_left(), timeout=self._timeout / 4
                )
                if self._nothing_left():
                    return
            self.store()

    def _nothing_left(self) -> bool:
        return self._stopping and not self._ledger.has_unstored

    def _keep_draining(self) -> None:
        ends_at = float("inf")
        while True:
            seconds = self._drain_or_log()
            with self._lock:
                if self._stored:
                    ends_at = min(ends_at, self._timer() + self._timeout)
                    seconds = min(seconds, self._timeout / 4)
                    if not self._ledger.has_undeleted or self._timer() >= ends_at:
                        return
                self._to_drain.wait_for(lambda: self._news, timeout=seconds)
                self._news = False

    def _drain_or_log(self) -> float:
        """After any failure Kafka is asked again before the next step."""
        try:
            seconds = self.drain()
        except Exception:
            if not (self._drain_failed or self._stopping):
                log.exception("draining the spool failed, the first of a row")
            self._drain_failed = True
            self._availability.doubt()
            return PROBE_SECONDS
        self._drain_failed = False
        return seconds

    def _wake_drainer(self) -> None:
        self._news = True
        self._to_drain.notify()

    def _now(self) -> int:
        return int(self._clock() * 1000)
