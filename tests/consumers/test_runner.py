"""Plan, insert, advance: on the real log, with an engine that fails when told to, and with the real one."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from clock import Clock
from patience import PATIENCE, wait_until
from views_everywhere import views_everywhere

from consumers import partition as partition_module
from consumers import runner as runner_module
from consumers.partition import IDLE_SECONDS, Write
from consumers.runner import Runner
from pipeline.brokers import Committed, Consumer, Record, TopicPartition
from pipeline.brokers.plans import Plan, planned
from pipeline.brokers.sqlite.broker import SqliteBroker
from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.columns import LINEAGE_COLUMNS, Rows
from pipeline.clickhouse.recovery import write_batch
from pipeline.errors import Rejected, TooManyDeadLetters, Unavailable
from pipeline.events import EVENTS_TOPIC, PageView, encode_lines
from pipeline.serving.snapshot import read_snapshot

FIRST = TopicPartition(EVENTS_TOPIC, 0)
SECOND = TopicPartition(EVENTS_TOPIC, 1)
BATCH_SECONDS = 0.2

View = Callable[[int], PageView]
Line = Callable[..., bytes]


class Crash(BaseException):
    """The process ends here."""


@dataclass
class Engine:
    """Keeps rows in memory as ClickHouse does, once per token; ``before`` and ``after`` are raised around an insert."""

    kept: dict[str, Rows] = field(default_factory=dict)
    asked: list[tuple[str, Rows]] = field(default_factory=list)
    again: list[bool] = field(default_factory=list)
    before: list[BaseException | None] = field(default_factory=list)
    after: list[BaseException | None] = field(default_factory=list)
    on_write: Callable[[], None] = lambda: None
    statements: int = 1

    def __call__(self, rows: Rows, token: str, *, again: bool, between: Callable[[], None]) -> None:
        self.asked.append((token, rows))
        self.again.append(again)
        self.on_write()
        for _ in range(1, self.statements):
            between()
        raise_next(self.before)
        assert self.kept.setdefault(token, rows) == rows, "a token came back with other rows"
        raise_next(self.after)

    def lineage(self) -> Counter[tuple[int, int, int]]:
        """How often the table has each row of the log."""
        found: Counter[tuple[int, int, int]] = Counter()
        for rows in self.kept.values():
            found.update(zip(*(rows.events.get(name, ()) for name in LINEAGE_COLUMNS), strict=True))
        return found


def raise_next(faults: list[BaseException | None]) -> None:
    if fault := faults.pop(0) if faults else None:
        raise fault


class Interposed:
    """A consumer to which something happens before chosen calls."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer
        self.before_commit: list[Callable[[], None]] = []
        self.before_keeping: list[Callable[[], None]] = []
        self.timeouts: list[float] = []  # of the polls

    def poll(self, *, timeout: float, max_records: int) -> list[Record]:
        self.timeouts.append(timeout)
        if not max_records and self.before_keeping:
            self.before_keeping.pop(0)()
        return self._consumer.poll(timeout=timeout, max_records=max_records)

    def commit(self, partition: TopicPartition, committed: Committed) -> None:
        if self.before_commit:
            self.before_commit.pop(0)()
        self._consumer.commit(partition, committed)

    def assignment(self) -> Mapping[TopicPartition, int]:
        return self._consumer.assignment()

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self._consumer.seek(partition, offset)

    def committed(self, partition: TopicPartition) -> Committed | None:
        return self._consumer.committed(partition)

    def close(self) -> None:
        self._consumer.close()


class Kit:
    """Sends views to the log and starts members of one group on it, all on the test's clock."""

    def __init__(self, broker: SqliteBroker, clock: Clock, view: View) -> None:
        self._broker = broker
        self._clock = clock
        self._view = view
        self._producer = broker.producer()
        self._sent = 0
        self.consumers: list[Interposed] = []

    def send(self, *rows_of_each: int, partition: int = 0) -> None:
        """One record for each number, with as many views."""
        for rows in rows_of_each:
            views = [self._view(self._sent + number) for number in range(rows)]
            self._sent += rows
            self._producer.send(EVENTS_TOPIC, encode_lines(views), partition=partition)

    def send_bytes(self, value: bytes) -> None:
        self._producer.send(EVENTS_TOPIC, value, partition=0)

    def start(
        self,
        write: Write,
        *,
        member: str = "a",
        batch_rows: int = 1_000,
        dead_letters_in_a_row: int = 1_000,
    ) -> Runner:
        consumer = Interposed(self._broker.consumer(group="group", topic=EVENTS_TOPIC, member=member))
        self.consumers.append(consumer)
        return Runner(
            consumer,
            write,
            batch_rows=batch_rows,
            batch_seconds=BATCH_SECONDS,
            dead_letters_in_a_row=dead_letters_in_a_row,
            clock=self._clock,
        )

    def drain(self, *runners: Runner) -> None:
        """Step, while time passes, until everything is in."""
        for _ in range(8):
            for runner in runners:
                runner.step()
            self._clock.advance(BATCH_SECONDS)

    def committed(self, partition: TopicPartition = FIRST) -> Committed | None:
        return self._broker.committed("group", EVENTS_TOPIC).get(partition)

    def places(self) -> Counter[tuple[int, int, int]]:
        """Every row of the log, once."""
        return Counter(
            (record.partition, record.offset, row)
            for record in self._broker.read(EVENTS_TOPIC)
            for row in range(record.value.count(b"\n"))
        )

    def close(self) -> None:
        for consumer in self.consumers:
            consumer.close()
        self._producer.close()


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner_module, "POLL_SECONDS", 0.0)
    monkeypatch.setattr(runner_module, "REST_SECONDS", 0.0)
    monkeypatch.setattr(runner_module, "RETRY_SECONDS", (0.0,))
    monkeypatch.setattr(partition_module, "RETRY_SECONDS", (0.0,))


@pytest.fixture
def kit(broker: SqliteBroker, clock: Clock, view: View) -> Iterator[Kit]:
    kit = Kit(broker, clock, view)
    yield kit
    kit.close()


@pytest.fixture
def table() -> Engine:
    return Engine()


def step(runner: Runner) -> None:
    """Step until nothing is left to do at this moment."""
    for _ in range(3):
        runner.step()


# the ordinary way


def test_every_row_of_the_log_gets_into_the_table_once(kit: Kit, table: Engine) -> None:
    kit.send(1, 3, 2)
    kit.send(4, partition=1)
    step(kit.start(table))
    assert table.lineage() == kit.places()


def test_the_plan_is_committed_before_the_insert(kit: Kit, table: Engine) -> None:
    kit.send(1, 3, 2)
    seen: list[Committed | None] = []
    table.on_write = lambda: seen.append(kit.committed())
    step(kit.start(table))
    assert seen == [Plan(0, 2).committed()]
    assert [token for token, _ in table.asked] == ["page-events/0/0-2"]


def test_a_full_batch_goes_out_before_its_time(kit: Kit, table: Engine) -> None:
    kit.send(2, 2, 2, 2, 2)
    kit.drain(kit.start(table, batch_rows=4))
    assert list(table.kept) == [f"page-events/0/{plan}" for plan in ("0-1", "2-3", "4-4")]


def test_a_lone_view_goes_out_at_once_and_those_after_it_together(kit: Kit, table: Engine, clock: Clock) -> None:
    runner = kit.start(table)
    step(runner)
    kit.send(1)
    step(runner)
    assert list(table.kept) == ["page-events/0/0-0"]
    kit.send(1)
    step(runner)
    kit.send(1)
    step(runner)
    assert len(table.kept) == 1
    clock.advance(BATCH_SECONDS)
    step(runner)
    assert list(table.kept) == ["page-events/0/0-0", "page-events/0/1-2"]


def test_an_idle_runner_commits_the_next_offset_without_a_plan(kit: Kit, table: Engine, clock: Clock) -> None:
    kit.send(1, 1)
    runner = kit.start(table)
    step(runner)
    assert planned(kit.committed()) == Plan(0, 1)
    clock.advance(IDLE_SECONDS)
    step(runner)
    assert kit.committed() == Committed(2)


def test_the_member_after_an_idle_one_replays_nothing(kit: Kit, table: Engine, clock: Clock) -> None:
    kit.send(1)
    runner = kit.start(table)
    step(runner)
    clock.advance(IDLE_SECONDS)
    step(runner)
    step(kit.start(table))
    assert len(table.asked) == 1


def test_a_poll_is_long_only_when_nothing_but_new_records_brings_work(
    kit: Kit, table: Engine, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    often, seldom = 0.001, 0.002
    monkeypatch.setattr(runner_module, "POLL_SECONDS", often)
    monkeypatch.setattr(runner_module, "REST_SECONDS", seldom)
    runner = kit.start(table)
    runner.step()
    kit.send(1)
    runner.step()  # inserts it
    kit.send(1)
    runner.step()  # keeps it until a batch is due
    clock.advance(BATCH_SECONDS)
    runner.step()  # inserts it
    clock.advance(IDLE_SECONDS)
    runner.step()  # commits that it is in
    runner.step()
    assert kit.consumers[0].timeouts == [seldom, seldom, often, often, often, seldom]


def test_next_offsets_say_how_far_each_partition_is_in(kit: Kit, table: Engine) -> None:
    kit.send(1, 1)
    runner = kit.start(table)
    step(runner)
    assert runner.next_offsets[FIRST] == 2


def test_on_insert_is_called_when_rows_are_in(kit: Kit, table: Engine, clock: Clock) -> None:
    told: list[int] = []
    kit.send(1)
    consumer = kit.start(table)._consumer
    runner = Runner(
        consumer, table, batch_rows=9, batch_seconds=1, on_insert=lambda: told.append(len(table.kept)), clock=clock
    )
    step(runner)
    assert told == [1]


# too much that can't be read


def test_lines_that_are_no_events_are_set_aside_up_to_the_limit(kit: Kit, table: Engine) -> None:
    kit.send_bytes(b"?\n" * 4)
    kit.drain(kit.start(table, dead_letters_in_a_row=5))
    (rows,) = table.kept.values()
    assert len(rows.dead_letters["row"]) == 4


def test_too_many_in_a_row_stop_the_runner_before_they_are_set_aside(kit: Kit, table: Engine) -> None:
    kit.send(1)
    kit.send_bytes(b"?\n")
    kit.send_bytes(b"?\n" * 3)
    kit.send_bytes(b"?\n" * 2)
    runner = kit.start(table, batch_rows=1, dead_letters_in_a_row=5)
    runner.run()

    assert list(table.kept) == [f"page-events/0/{place}" for place in ("0-0", "1-1", "2-2")]
    assert planned(kit.committed()) == Plan(2, 2, dead_in_a_row=4)
    assert isinstance(runner.failure, TooManyDeadLetters)
    assert "page-events/0 offset 3 row 0" in str(runner.failure)
    assert "NHIP_DEAD_LETTERS_IN_A_ROW" in str(runner.failure)


def test_the_member_after_one_that_stopped_stops_at_the_same_offset(kit: Kit, table: Engine) -> None:
    kit.send_bytes(b"?\n" * 3)
    kit.send_bytes(b"?\n" * 3)
    kit.start(table, batch_rows=1, dead_letters_in_a_row=5).run()
    again = kit.start(table, batch_rows=1, dead_letters_in_a_row=5)
    again.run()
    assert again.failure
    assert list(table.kept) == ["page-events/0/0-0"]
    kit.drain(kit.start(table, batch_rows=1, dead_letters_in_a_row=7))
    assert list(table.kept) == ["page-events/0/0-0", "page-events/0/1-1"]


def test_one_event_among_dead_letters_starts_the_count_again(kit: Kit, table: Engine) -> None:
    for _ in range(3):
        kit.send_bytes(b"?\n" * 4)
        kit.send(1)
    kit.drain(kit.start(table, batch_rows=1, dead_letters_in_a_row=5))
    assert len(table.kept) == 6


# faults


def test_a_batch_is_tried_again_with_the_same_token_and_rows(kit: Kit, table: Engine) -> None:
    kit.send(3)
    table.before = [Unavailable("away"), Unavailable("away"), Rejected("odd")]
    step(kit.start(table))
    assert len(table.asked) == 4
    assert all(asked == table.asked[0] for asked in table.asked)
    assert table.again == [False, True, True, True]
    assert table.lineage() == kit.places()


@pytest.mark.parametrize("fault", [Unavailable("no answer"), Crash()], ids=["no answer", "crash"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_every_row_is_in_once_when_a_runner_ends_around_an_insert(
    kit: Kit, table: Engine, moment: str, fault: BaseException
) -> None:
    kit.send(3, 2)
    getattr(table, moment).append(fault)
    try:
        step(kit.start(table))
    except Crash:
        kit.send(1)
        kit.drain(kit.start(table))
    assert table.lineage() == kit.places()
    assert table.asked[0] == table.asked[1]
    assert table.again[:2] == [False, True]


def test_runners_may_crash_again_and_again(kit: Kit, table: Engine) -> None:
    for moment in (table.before, table.after, table.after, table.before, table.before):
        kit.send(2, 1)
        moment.append(Crash())
        with pytest.raises(Crash):
            step(kit.start(table, batch_rows=2))
    kit.drain(kit.start(table, batch_rows=2))
    assert table.lineage() == kit.places()


def test_a_replay_reads_exactly_its_plan_whatever_the_size_of_a_batch_is_now(kit: Kit, table: Engine) -> None:
    kit.send(1, 1, 1)
    table.after.append(Crash())
    with pytest.raises(Crash):
        step(kit.start(table))
    kit.send(1, 1)
    kit.drain(kit.start(table, batch_rows=1))
    assert list(table.kept) == [f"page-events/0/{plan}" for plan in ("0-2", "3-3", "4-4")]
    assert table.lineage() == kit.places()


def test_a_runner_that_lost_its_partition_before_the_plan_inserts_nothing(kit: Kit, table: Engine) -> None:
    kit.send(2)
    stale_table = Engine()
    stale = kit.start(stale_table)
    stale.step()  # for its assignment

    def take_over() -> None:
        step(kit.start(table))

    kit.consumers[0].before_commit.append(take_over)
    step(stale)
    assert stale_table.asked == []
    assert table.lineage() == kit.places()


def test_a_runner_frozen_after_its_plan_inserts_what_the_next_one_inserts(kit: Kit, table: Engine) -> None:
    """Both insert the same rows under the same token, so one of the two is dropped."""
    kit.send(2)
    woken = False

    def take_over() -> None:
        nonlocal woken
        if not woken:
            woken = True
            step(kit.start(table))
            kit.send(3)

    table.on_write = take_over
    step(kit.start(table))
    kit.drain(kit.start(table))
    assert [token for token, _ in table.asked[:2]] == ["page-events/0/0-0"] * 2
    assert table.lineage() == kit.places()


def test_a_failing_insert_is_given_up_when_another_member_has_the_partition(kit: Kit, table: Engine) -> None:
    kit.send(2)
    away = Engine(before=[Unavailable("away")] * 3)
    stale = kit.start(away)

    def take_over() -> None:
        step(kit.start(table))

    kit.consumers[0].before_keeping.append(take_over)
    step(stale)
    assert len(away.asked) == 1
    assert table.lineage() == kit.places()


def test_between_the_statements_of_an_insert_a_runner_is_alive_and_checks_its_assignment(
    kit: Kit, table: Engine, clock: Clock
) -> None:
    kit.send(2)
    slow = Engine(statements=2)
    stale = kit.start(slow)
    slow.on_write = lambda: clock.advance(7)
    step(stale)
    assert stale.progressed_at == clock()
    assert slow.kept

    kit.send(2)
    slow.on_write = lambda: step(kit.start(table))
    step(stale)
    assert len(slow.kept) == 1, "another has the partition"
    kit.drain(kit.start(table))
    assert Engine(kept=slow.kept | table.kept).lineage() == kit.places()


def come_and_go(kit: Kit, table: Engine) -> None:
    """During an insert that fails, another member takes the second partition, inserts, commits and leaves."""
    table.on_write = lambda: None
    second = kit.start(table, member="b")
    kit.send(1, partition=1)
    for _ in range(6):
        second.step()
    second.stop()
    second.run()
    raise Unavailable("timed out")


def test_a_partition_lost_and_regained_during_an_insert_elsewhere_starts_from_its_plan(
    kit: Kit, table: Engine, clock: Clock
) -> None:
    """After two rebalances at once a member keeps nothing from before them."""
    first = kit.start(table, member="a")
    for _ in range(2):
        for partition in (0, 1):
            kit.send(1, 1, partition=partition)
        step(first)
    assert len(table.asked) == 2, "the later two of each partition wait for their time"

    table.on_write = lambda: come_and_go(kit, table)
    clock.advance(BATCH_SECONDS)
    step(first)
    kit.drain(first)
    clock.advance(1)
    kit.drain(first)
    assert kit.committed(SECOND) == Committed(5, "")
    assert table.lineage() == kit.places()


def test_a_partition_lost_and_regained_during_an_insert_elsewhere_is_not_committed_back(
    kit: Kit, table: Engine, clock: Clock
) -> None:
    first = kit.start(table, member="a")
    kit.send(1)
    kit.send(1, partition=1)
    step(first)
    assert planned(kit.committed(SECOND)) == Plan(0, 0)

    kit.send(1)
    table.on_write = lambda: come_and_go(kit, table)
    clock.advance(max(BATCH_SECONDS, IDLE_SECONDS))
    first.step()
    assert kit.committed(SECOND) == Committed(2), "what the other member committed"
    kit.drain(first)
    assert table.lineage() == kit.places()


def fail(error: BaseException) -> Callable[[], None]:
    def raise_it() -> None:
        raise error

    return raise_it


def test_nothing_read_is_lost_when_the_log_refuses_a_plan_for_a_while(kit: Kit, table: Engine) -> None:
    """The consumer has already read past the records that wait in memory."""
    kit.send(2, 2, 2, 2)
    kit.send(2, partition=1)
    runner = kit.start(table, batch_rows=4)
    runner.step()
    kit.consumers[0].before_commit.append(fail(Unavailable("busy")))
    with pytest.raises(Unavailable):
        step(runner)
    kit.drain(runner)
    assert table.lineage() == kit.places()


def test_an_insert_of_unknown_fate_keeps_its_bounds_when_the_log_fails_too(kit: Kit, table: Engine) -> None:
    """Otherwise the batch would grow by later records and be inserted a second time, under another token."""
    kit.send(2)
    table.after.append(Unavailable("no answer, but it is in"))
    runner = kit.start(table)
    kit.consumers[0].before_keeping.append(fail(Unavailable("busy")))
    with pytest.raises(Unavailable):
        step(runner)
    kit.send(3)
    kit.drain(runner)
    assert table.lineage() == kit.places()


def test_poison_never_stops_a_runner(kit: Kit, table: Engine, line: Line) -> None:
    kit.send(1)
    kit.send_bytes(b"\xff\xfe")
    kit.send_bytes(b"")
    kit.send_bytes(line() + b"\n{\n" + line() + b"\n")
    kit.send_bytes(b'{"kind":"view","z":' + b"[" * 100_000 + b"\n")
    kit.send(1)
    runner = kit.start(table, batch_rows=1)
    kit.drain(runner)
    assert sorted(table.lineage()) == [(0, 0, 0), (0, 3, 0), (0, 3, 2), (0, 5, 0)]
    letters = [rows.dead_letters for rows in table.kept.values() if rows.dead_letters]
    dead = [place for columns in letters for place in zip(*(columns[name] for name in LINEAGE_COLUMNS), strict=True)]
    assert dead == [(0, 1, 0), (0, 2, 0), (0, 3, 1), (0, 4, 0)]
    assert runner.next_offsets[FIRST] == 6


# the loop


def run_until(runner: Runner, done: Callable[[], bool]) -> None:
    thread = threading.Thread(target=runner.run)
    thread.start()
    waited = threading.Event()
    for _ in range(3_000):
        if done():
            break
        waited.wait(0.01)
    runner.stop()
    thread.join(30)
    assert not thread.is_alive()


def test_a_runner_told_to_stop_delivers_advances_and_leaves(kit: Kit, table: Engine) -> None:
    kit.send(2)
    runner = kit.start(table)
    run_until(runner, lambda: bool(table.kept))
    assert table.lineage() == kit.places()
    kit.consumers.clear()  # the runner has closed its own
    next_runner = kit.start(table, member="b")
    step(next_runner)
    assert kit.committed() == Committed(1)
    assert len(table.asked) == 1


def test_a_runner_told_to_stop_delivers_a_batch_that_is_not_due_yet(kit: Kit, table: Engine) -> None:
    runner = kit.start(table)
    kit.send(1)
    step(runner)
    kit.send(1)
    step(runner)
    assert list(table.kept) == ["page-events/0/0-0"]
    runner.stop()
    runner.run()
    kit.consumers.clear()  # the runner has closed its own
    assert list(table.kept) == ["page-events/0/0-0", "page-events/0/1-1"]
    step(kit.start(table, member="b"))
    assert kit.committed() == Committed(2)


def test_a_runner_told_to_stop_amid_a_replay_inserts_no_part_of_its_plan(
    kit: Kit, table: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    kit.send(1, 1, 1)
    table.before.append(Crash())
    with pytest.raises(Crash):
        step(kit.start(table))
    monkeypatch.setattr(runner_module, "MAX_RECORDS", 1)
    runner = kit.start(table)
    runner.step()
    runner.step()
    runner.stop()
    runner.run()
    kit.consumers.clear()  # the runner has closed its own
    assert len(table.asked) == 1
    assert kit.committed() == Plan(0, 2).committed()
    kit.drain(kit.start(table, member="b"))
    assert list(table.kept) == ["page-events/0/0-2"]
    assert table.lineage() == kit.places()


def test_a_runner_told_to_stop_does_not_wait_for_an_engine_that_is_away(
    kit: Kit, table: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partition_module, "RETRY_SECONDS", (3600.0,))
    kit.send(2)
    table.before = [Unavailable("away")] * 1_000
    run_until(kit.start(table), lambda: bool(table.asked))
    kit.consumers.clear()
    table.before.clear()
    step(kit.start(table))
    assert table.lineage() == kit.places()


def test_a_runner_that_stops_while_inserts_fail_says_that_its_plan_will_be_replayed(
    kit: Kit, table: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(partition_module, "RETRY_SECONDS", (3600.0,))
    caplog.set_level(logging.INFO)
    kit.send(2)
    table.before = [Unavailable("away")] * 1_000
    run_until(kit.start(table), lambda: bool(table.asked))
    kit.consumers.clear()
    assert "stopped before batch page-events/0/0-0 was in; the plan is replayed at the next start" in caplog.text
    assert "another member has it now" not in caplog.text
    assert planned(kit.committed()) == Plan(0, 0), "nothing is committed past the plan"


def test_a_programming_error_does_not_end_the_loop(kit: Kit, table: Engine) -> None:
    kit.send(2)
    table.before = [TypeError("a bug")]
    table.after = [ZeroDivisionError("another")]
    run_until(kit.start(table), lambda: len(table.asked) >= 3)
    kit.consumers.clear()
    assert table.lineage() == kit.places()


# several members


def test_two_runners_share_the_log_and_partitions_may_move(kit: Kit, table: Engine) -> None:
    one = kit.start(table, member="a")
    step(one)
    kit.send(1, 2)
    kit.send(3, partition=1)
    step(one)
    other = kit.start(table, member="b")
    for round_ in range(6):
        kit.send(1, partition=round_ % 2)
        other.step()
        one.step()
    kit.consumers[0].close()
    del kit.consumers[0]
    kit.drain(other)
    kit.send(2)
    kit.send(2, partition=1)
    kit.drain(other)
    assert table.lineage() == kit.places()


# the real engine


@dataclass
class RealTable:
    client: ClickHouse
    before: list[BaseException | None] = field(default_factory=list)
    after: list[BaseException | None] = field(default_factory=list)

    def __call__(self, rows: Rows, token: str, *, again: bool, between: Callable[[], None]) -> None:
        raise_next(self.before)
        write_batch(self.client, rows, token, again=again, between=between)
        raise_next(self.after)

    def lineage(self) -> Counter[tuple[int, int, int]]:
        return Counter(self.client.query("SELECT partition, offset, row FROM events"))


def test_the_real_engine_has_every_row_once_through_crashes(kit: Kit, engine: ClickHouse, line: Line) -> None:
    table = RealTable(engine)
    for moment in (table.before, table.after, table.after, table.before):
        kit.send(2, 1)
        kit.send(1, partition=1)
        moment.append(Crash())
        with pytest.raises(Crash):
            step(kit.start(table, batch_rows=2))
    kit.drain(kit.start(table, batch_rows=2))
    assert table.lineage() == kit.places()
    assert set(views_everywhere(table.client).values()) == {kit.places().total()}


def test_the_real_engine_takes_poison_and_good_lines_apart(kit: Kit, engine: ClickHouse, line: Line) -> None:
    kit.send_bytes(line() + b"\n\xff\n" + line() + b"\n")
    table = RealTable(engine, after=[Unavailable("no answer")])
    step(kit.start(table))
    assert sorted(table.lineage().items()) == [((0, 0, 0), 1), ((0, 0, 2), 1)]
    assert engine.query("SELECT partition, offset, row, hex(line) FROM dead_letters FINAL") == [(0, 0, 1, "FF")]


def test_what_was_sent_is_what_the_counters_show(kit: Kit, engine: ClickHouse, view: View) -> None:
    kit.send(5, 2)
    step(kit.start(RealTable(engine)))
    snapshot = read_snapshot(engine, view(0).at / 1000)
    assert snapshot.sites[1].views.today == 7
    assert snapshot.pages == {7: 4, 8: 3}


# while a backup is made


@contextmanager
def running(runner: Runner) -> Iterator[None]:
    thread = threading.Thread(target=runner.run)
    thread.start()
    try:
        yield
    finally:
        runner.stop()
        thread.join(PATIENCE)


def rounds(kit: Kit, count: int) -> threading.Event:
    """Set once the member has kept its place that many times more."""
    done = threading.Event()
    kit.consumers[-1].before_keeping += [lambda: None] * (count - 1) + [done.set]
    return done


def test_while_it_is_held_everything_begun_is_in_and_nothing_begins(kit: Kit, table: Engine, clock: Clock) -> None:
    kit.send(1, 3)
    kit.send(2, partition=1)
    runner = kit.start(table)
    with running(runner):
        with runner.held(seconds=PATIENCE):
            assert (kit.committed(FIRST), kit.committed(SECOND)) == (Committed(2), Committed(1)), "no plan is open"
            before = kit.places()
            kit.send(4)
            clock.advance(10 * BATCH_SECONDS)
            assert rounds(kit, 3).wait(PATIENCE), "it stays a member"
            assert table.lineage() == before
            assert kit.committed(FIRST) == Committed(2)
        wait_until(lambda: table.lineage() == kit.places(), seconds=PATIENCE)


def test_a_hold_first_finishes_what_a_killed_process_began(kit: Kit, table: Engine) -> None:
    kit.send(1, 3)
    table.after = [Crash()]
    with pytest.raises(Crash):
        step(kit.start(table))
    assert kit.committed() == Plan(0, 1).committed()

    runner = kit.start(table)
    with running(runner), runner.held(seconds=PATIENCE):
        assert kit.committed() == Committed(2)
        assert table.lineage() == kit.places()


def test_nothing_is_held_before_the_records_of_an_open_plan_have_come(
    kit: Kit, table: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    kit.send(1, 3)
    table.after = [Crash()]
    with pytest.raises(Crash):
        step(kit.start(table))
    polled = runner_module.MAX_RECORDS
    monkeypatch.setattr(runner_module, "MAX_RECORDS", 0)
    runner = kit.start(table)
    with running(runner):
        with pytest.raises(Unavailable), runner.held(seconds=0.5):
            pass
        monkeypatch.setattr(runner_module, "MAX_RECORDS", polled)
        with runner.held(seconds=PATIENCE):
            assert kit.committed() == Committed(2)


def test_without_an_engine_nothing_is_held_and_everything_comes_in_later(kit: Kit, table: Engine) -> None:
    kit.send(1)
    away = threading.Event()
    table.on_write = lambda: None if away.is_set() else raise_next([Unavailable("away")])
    runner = kit.start(table)
    with running(runner):
        with pytest.raises(Unavailable, match="do not end"), runner.held(seconds=0.05):
            pass
        away.set()
        wait_until(lambda: table.lineage() == kit.places(), seconds=PATIENCE)
        with runner.held(seconds=PATIENCE):
            assert kit.committed() == Committed(1)
