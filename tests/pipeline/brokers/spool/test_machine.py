"""Every acknowledged record is in the log exactly once in the end, whatever dies, answers late or never answers."""

from __future__ import annotations

import shutil
import tempfile
from concurrent.futures import Future
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from unsure_log import Request, UnsureLog

from pipeline.brokers.spool.availability import PROBE_SECONDS
from pipeline.brokers.spool.producer import SETTLE_SECONDS, SpoolingProducer
from pipeline.brokers.spool.store import OVERHEAD_BYTES, Spool
from pipeline.errors import PipelineError, SpoolFull
from pipeline.events import EVENTS_TOPIC

TIMEOUT_SECONDS = 1.0
LIMIT_BYTES = 12 * (OVERHEAD_BYTES + 8)
STEPS_TO_EMPTY = 60

which = st.integers(0, 7)


class Outages(RuleBasedStateMachine):
    """Views come; the broker, the collector and every answer in between fail in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_790_000_000.0
        self.directory = Path(tempfile.mkdtemp())
        self.log = UnsureLog(lambda: self.now)
        self.orphans: list[Request] = []
        self.orphans_arrive_until = float("inf")
        self.waiting: dict[bytes, Future[None]] = {}
        self.acknowledged: set[bytes] = set()
        self.refused: set[bytes] = set()
        self.count = 0
        self.collector = self.open()

    def open(self) -> SpoolingProducer:
        self.spool = Spool(self.directory, limit_bytes=LIMIT_BYTES)
        return SpoolingProducer(
            self.log,
            self.log,
            self.spool,
            timeout_seconds=TIMEOUT_SECONDS,
            clock=lambda: self.now,
            timer=lambda: self.now,
        )

    def teardown(self) -> None:
        self.log.reachable = self.log.prompt = True
        for _ in range(STEPS_TO_EMPTY):
            for request in list(self.log.pending):
                self.log.answer(request)
            self.pass_time(1.0)
            self.store()
            self.drain()
        assert self.spool.records == 0
        self.nothing_is_there_twice()
        values = self.log.values()
        assert self.acknowledged <= set(values)
        assert not self.refused & set(values)
        assert self.collector.check() is None
        self.collector.close()
        shutil.rmtree(self.directory)

    @rule()
    def view(self) -> None:
        self.count += 1
        value = b"%08d" % self.count
        self.waiting[value] = self.collector.append(EVENTS_TOPIC, value)

    @rule()
    def store(self) -> None:
        self.collector.store()

    @rule()
    def drain(self) -> None:
        try:
            self.collector.drain()
        except PipelineError:
            assert not self.log.reachable

    @rule(seconds=st.sampled_from([0.3, 1.1, SETTLE_SECONDS]))
    def pass_time(self, seconds: float) -> None:
        self.now += seconds

    @rule(reachable=st.booleans(), prompt=st.booleans())
    def broker_changes(self, reachable: bool, prompt: bool) -> None:
        if reachable and not self.log.reachable:
            self.orphans_arrive_until = self.now + SETTLE_SECONDS
        leaves = self.log.reachable and not reachable
        self.log.reachable, self.log.prompt = reachable, prompt
        if leaves and self.orphans:  # while anything is in doubt the drainer asks every second, so it knows
            self.pass_time(PROBE_SECONDS)
            self.drain()

    @precondition(lambda self: self.log.pending)
    @rule(which=which)
    def a_record_arrives_unheard(self, which: int) -> None:
        self.log.arrive(self.log.pending[which % len(self.log.pending)])

    @precondition(lambda self: self.log.pending and self.log.reachable)
    @rule(which=which)
    def a_record_is_answered(self, which: int) -> None:
        self.log.answer(self.log.pending[which % len(self.log.pending)])

    @precondition(lambda self: self.log.pending)
    @rule(which=which)
    def the_producer_gives_up(self, which: int) -> None:
        self.log.fail(self.log.pending[which % len(self.log.pending)])

    @rule()
    def the_collector_is_killed(self) -> None:
        self.spool.close()
        self.orphans += self.log.forget_pending()
        self.orphans_arrive_until = self.now + SETTLE_SECONDS
        self.waiting.clear()
        self.collector = self.open()

    @precondition(lambda self: self.orphans and (self.now < self.orphans_arrive_until or not self.log.reachable))
    @rule(which=which)
    def what_a_dead_collector_sent_arrives(self, which: int) -> None:
        self.log.arrive(self.orphans.pop(which % len(self.orphans)))

    @invariant()
    def nothing_is_there_twice(self) -> None:
        values = self.log.values()
        assert len(values) == len(set(values))

    @invariant()
    def what_is_answered_is_noted(self) -> None:
        for value, future in list(self.waiting.items()):
            if future.done():
                del self.waiting[value]
                error = future.exception()
                assert error is None or isinstance(error, SpoolFull), error
                (self.refused if error else self.acknowledged).add(value)


Outages.TestCase.settings = settings(
    max_examples=80, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestOutages = Outages.TestCase
