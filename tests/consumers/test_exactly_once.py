"""Faults come in every order; when all is quiet again, the table holds each row of the log exactly once."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from consumers import partition as partition_module
from consumers import runner as runner_module
from consumers.runner import Runner
from pipeline.brokers import Consumer, Topic
from pipeline.brokers.sqlite.broker import SqliteBroker
from pipeline.brokers.sqlite.groups import Membership
from pipeline.clickhouse.columns import LINEAGE_COLUMNS, Rows
from pipeline.errors import Unavailable
from pipeline.events import EVENTS_TOPIC, Engagement, Event, Heartbeat, NotFound, encode_lines

SESSION_SECONDS = 30.0
BATCH_SECONDS = 0.2
MEMBERS = st.sampled_from("abc")
POISON = b"poison\n"
EVENTS: tuple[Event, ...] = (
    Heartbeat(1, 1, 7, "public", 5),
    Engagement(1, 1, 7, "vi", "/", "public", 5, seconds=30, depth=100),
    NotFound(1, 1, 0, "vi", "", "public", 5, target="/cũ/"),
)


class Crash(BaseException):
    """The process ends here."""


class Table:
    """Keeps rows once per token, as the engine does, and counts how often each row of the log was inserted.

    An engine that dies "within" an insert remembers the token and lacks the rows.
    """

    def __init__(self) -> None:
        self.kept: dict[str, Rows] = {}
        self.remembered: set[str] = set()
        self.fault: tuple[str, BaseException] | None = None

    def __call__(self, rows: Rows, token: str, *, again: bool, between: Callable[[], None]) -> None:
        self._fail("before")
        if again or token not in self.remembered:
            self.remembered.add(token)
            self._fail("within")
            assert self.kept.setdefault(token, rows) == rows, "a token came back with other rows"
        self._fail("after")

    def places(self) -> Counter[tuple[int, int, int]]:
        found: Counter[tuple[int, int, int]] = Counter()
        for rows in self.kept.values():
            for columns in rows:
                found.update(zip(*(columns.get(name, ()) for name in LINEAGE_COLUMNS), strict=True))
        return found

    def _fail(self, moment: str) -> None:
        if self.fault and self.fault[0] == moment:
            fault, self.fault = self.fault[1], None
            raise fault


class Delivery(RuleBasedStateMachine):
    """Members that send, step, freeze, crash, are replaced and meet faults of engine and log."""

    def __init__(self) -> None:
        super().__init__()
        self._directory = tempfile.TemporaryDirectory()
        self._now = 1_790_571_600.0
        self._broker = SqliteBroker(
            Path(self._directory.name), clock=lambda: self._now, session_seconds=SESSION_SECONDS
        )
        self._broker.create_topics((Topic(EVENTS_TOPIC, 2, 10**9),))
        self._producer = self._broker.producer()
        self._table = Table()
        self._members: dict[str, Runner] = {}
        self._opened: list[Consumer] = []
        self._sent: Counter[tuple[int, int, int]] = Counter()

    @rule(rows=st.lists(st.sampled_from((None, *EVENTS)), min_size=1, max_size=4), partition=st.integers(0, 1))
    def send(self, rows: list[Event | None], partition: int) -> None:
        value = b"".join(encode_lines([event]) if event else POISON for event in rows)
        record = self._producer.send(EVENTS_TOPIC, value, partition=partition)
        self._sent.update((partition, record.offset, row) for row in range(len(rows)))

    @rule(member=MEMBERS)
    def start_or_replace(self, member: str) -> None:
        consumer = self._broker.consumer(group="group", topic=EVENTS_TOPIC, member=member)
        self._opened.append(consumer)
        self._members[member] = Runner(
            consumer, self._table, batch_rows=3, batch_seconds=BATCH_SECONDS, clock=lambda: self._now
        )
        self.step(member, times=1)

    @rule(member=MEMBERS, times=st.integers(1, 3))
    def step(self, member: str, times: int) -> None:
        """A frozen member that wakes does this too."""
        for _ in range(times):
            if runner := self._members.get(member):
                try:
                    runner.step()
                except Unavailable:
                    pass
                except Crash:
                    del self._members[member]

    @rule(seconds=st.sampled_from([0.01, BATCH_SECONDS, 1.0, SESSION_SECONDS / 2, SESSION_SECONDS + 1]))
    def pass_time(self, seconds: float) -> None:
        self._now += seconds

    @rule(moment=st.sampled_from(["before", "within", "after"]), crash=st.booleans())
    def break_next_insert(self, moment: str, crash: bool) -> None:
        self._table.fault = (moment, Crash() if crash else Unavailable("no answer"))

    @precondition(lambda self: self._members)
    @rule(member=MEMBERS, moment=st.sampled_from(["before", "within", "after"]))
    def break_a_commit(self, member: str, moment: str) -> None:
        """The log does not take the next commit, or takes it and can't say so."""
        for partition in (0, 0, 1, 0):
            self.send([*EVENTS[:2]], partition)
        with _failing_commit(moment):
            self.step(member, times=2)
        self._now += BATCH_SECONDS
        self.step(member, times=2)

    @precondition(lambda self: self._members)
    @rule(member=MEMBERS)
    def leave(self, member: str) -> None:
        if runner := self._members.pop(member, None):
            runner.stop()
            with suppress(Crash):
                runner.run()

    @invariant()
    def nothing_is_in_twice_and_nothing_from_nowhere(self) -> None:
        assert self._table.places() <= self._sent

    def teardown(self) -> None:
        try:
            self._table.fault = None
            self._now += SESSION_SECONDS + 1
            self._members.clear()
            self.start_or_replace("z")
            for _ in range(40):
                self.step("z", times=1)
                self._now += BATCH_SECONDS
            assert self._table.places() == self._sent
        finally:
            for consumer in self._opened:
                consumer.close()
            self._producer.close()
            self._broker.close()
            self._directory.cleanup()


@contextmanager
def _failing_commit(moment: str) -> Iterator[None]:
    commit = Membership.commit

    def fail(self: Membership, *arguments: object) -> None:
        Membership.commit = commit  # type: ignore[method-assign]
        if moment == "after":
            commit(self, *arguments)  # type: ignore[arg-type]
        raise Unavailable("no answer")

    Membership.commit = fail  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        Membership.commit = commit  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner_module, "POLL_SECONDS", 0.0)
    monkeypatch.setattr(runner_module, "REST_SECONDS", 0.0)
    monkeypatch.setattr(runner_module, "RETRY_SECONDS", (0.0,))
    monkeypatch.setattr(partition_module, "RETRY_SECONDS", (0.0,))


class TestDelivery(Delivery.TestCase):  # type: ignore[misc, valid-type]
    settings = settings(max_examples=120, stateful_step_count=40, deadline=None, database=None)
