from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest
from event_lines import decode_lines
from patience import PATIENCE

from pipeline.brokers import Record
from pipeline.brokers.direct import DirectLog
from pipeline.collecting import acknowledger as acknowledger_module
from pipeline.collecting.acknowledger import Acknowledger
from pipeline.collecting.beacon import Dropped, Reason
from pipeline.errors import NotStored, SpoolFull, Unavailable
from pipeline.events import EVENTS_TOPIC, Heartbeat


class Log:
    """A producer that appends when let: ``open`` is the gate, ``faults`` what the next appends raise."""

    def __init__(self) -> None:
        self.records: list[list[int]] = []
        self.faults: list[Exception] = []
        self.open = threading.Event()
        self.open.set()
        self.entered = threading.Event()

    def send(self, topic: str, value: bytes, *, key: bytes | None = None, partition: int | None = None) -> Record:
        self.entered.set()
        assert self.open.wait(PATIENCE)
        assert topic == EVENTS_TOPIC
        if self.faults:
            raise self.faults.pop(0)
        self.records.append([event.at for event in decode_lines(value)])
        return Record(topic, 0, len(self.records) - 1, 0, key, value)

    def close(self) -> None: ...


@pytest.fixture
def log() -> Log:
    return Log()


def acknowledging(log: Log, *, seconds: float = PATIENCE) -> Acknowledger:
    return Acknowledger(DirectLog(log, check=lambda: None), seconds=seconds)


def event(number: int) -> Heartbeat:
    return Heartbeat(at=number, site=1, page_id=7, audience="public", visitor=1)


def start(acknowledger: Acknowledger, *numbers: int) -> list[asyncio.Task[None]]:
    return [asyncio.create_task(acknowledger.append(event(number))) for number in numbers]


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not happened():
            await asyncio.sleep(0.001)


async def reasons(tasks: list[asyncio.Task[None]]) -> list[Reason | None]:
    """Why each was refused; None for those that are durable."""
    results = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), PATIENCE)
    assert all(result is None or isinstance(result, Dropped) for result in results), results
    return [result.reason if isinstance(result, Dropped) else None for result in results]


async def test_an_event_is_acknowledged_when_it_is_in_the_log(log: Log) -> None:
    acknowledger = acknowledging(log)
    await acknowledger.append(event(1))
    assert log.records == [[1]]
    await acknowledger.stop()


async def test_nothing_is_acknowledged_before_it_is_durable(log: Log) -> None:
    acknowledger = acknowledging(log)
    log.open.clear()
    (first,) = start(acknowledger, 1)
    await until(log.entered.is_set)
    await asyncio.sleep(0)
    assert not first.done()
    log.open.set()
    assert await reasons([first]) == [None]
    await acknowledger.stop()


async def test_events_that_arrive_together_share_a_record(log: Log) -> None:
    acknowledger = acknowledging(log)
    assert await reasons(start(acknowledger, *range(100))) == [None] * 100
    assert log.records == [list(range(100))]
    await acknowledger.stop()


async def test_events_gathered_while_one_append_is_under_way_go_as_one_record(log: Log) -> None:
    acknowledger = acknowledging(log)
    log.open.clear()
    tasks = start(acknowledger, 1)
    await until(log.entered.is_set)
    tasks += start(acknowledger, 2, 3, 4)
    await asyncio.sleep(0)
    log.open.set()
    assert await reasons(tasks) == [None] * 4
    assert log.records == [[1], [2, 3, 4]]
    await acknowledger.stop()


async def test_a_client_just_answered_shares_the_next_record_with_those_waiting(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record costs the log more than an event does."""
    monkeypatch.setattr(acknowledger_module, "MOMENT_SECONDS", PATIENCE)
    acknowledger = acknowledging(log)
    log.open.clear()

    async def send_twice() -> None:
        await acknowledger.append(event(1))
        await acknowledger.append(event(3))

    returning = asyncio.create_task(send_twice())
    await until(log.entered.is_set)
    waiting = start(acknowledger, 2)
    await asyncio.sleep(0)
    log.open.set()
    await asyncio.gather(returning, *waiting)
    assert log.records == [[1], [2, 3]]
    await acknowledger.stop()


async def test_a_client_that_does_not_come_back_is_waited_for_a_moment_at_most(log: Log) -> None:
    acknowledger = acknowledging(log)
    log.open.clear()
    tasks = start(acknowledger, 1)
    await until(log.entered.is_set)
    tasks += start(acknowledger, 2)
    await asyncio.sleep(0)
    log.open.set()
    assert await reasons(tasks) == [None] * 2
    assert log.records == [[1], [2]]
    await acknowledger.stop()


async def test_after_a_quiet_spell_it_starts_again(log: Log) -> None:
    acknowledger = acknowledging(log)
    for number in range(3):
        await acknowledger.append(event(number))
        await asyncio.sleep(0)
    assert log.records == [[0], [1], [2]]
    await acknowledger.stop()


async def test_an_append_that_takes_too_long_is_not_called_durable(log: Log) -> None:
    acknowledger = acknowledging(log, seconds=0.02)
    log.open.clear()
    assert await reasons(start(acknowledger, 1)) == [Reason.NOT_DURABLE]
    # after it in the queue, and never sent
    assert await reasons(start(acknowledger, 2)) == [Reason.NOT_DURABLE]
    log.open.set()
    await until(lambda: bool(log.records))
    await acknowledger.stop()
    assert log.records == [[1]]


@pytest.mark.parametrize("fault", [Unavailable("disk"), RuntimeError("bug")], ids=["disk", "bug"])
async def test_a_log_that_fails_is_not_called_durable_and_the_next_record_is(log: Log, fault: Exception) -> None:
    acknowledger = acknowledging(log)
    log.faults = [fault]
    assert await reasons(start(acknowledger, 1, 2)) == [Reason.NOT_DURABLE] * 2
    assert await reasons(start(acknowledger, 3)) == [None]
    assert log.records == [[3]]
    await acknowledger.stop()


async def test_a_client_that_leaves_does_not_fail_the_others(log: Log) -> None:
    acknowledger = acknowledging(log)
    log.open.clear()
    leaving, staying = start(acknowledger, 1, 2)
    await until(log.entered.is_set)
    leaving.cancel()
    await asyncio.sleep(0)
    log.open.set()
    assert await reasons([staying]) == [None]
    assert leaving.cancelled()
    assert log.records == [[1, 2]]
    await acknowledger.stop()


async def test_a_failure_after_the_client_left_is_consumed(log: Log) -> None:
    acknowledger = acknowledging(log)
    log.open.clear()
    log.faults = [Unavailable("disk")]
    (leaving,) = start(acknowledger, 1)
    await until(log.entered.is_set)
    leaving.cancel()
    log.open.set()
    await acknowledger.stop()
    assert log.faults == []


async def test_events_beyond_a_full_record_are_refused_and_surely_not_stored(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acknowledger_module, "MAX_GATHERED", 3)
    acknowledger = acknowledging(log)
    log.open.clear()
    tasks = start(acknowledger, 0)
    await until(log.entered.is_set)
    tasks += start(acknowledger, 1, 2, 3, 4, 5)
    await asyncio.sleep(0)
    log.open.set()
    assert await reasons(tasks) == [None] * 4 + [Reason.OVERLOADED] * 2
    assert log.records == [[0], [1, 2, 3]]
    await acknowledger.stop()


async def test_stopping_refuses_new_events_and_finishes_those_at_hand(log: Log) -> None:
    acknowledger = acknowledging(log)
    log.open.clear()
    tasks = start(acknowledger, 1)
    await until(log.entered.is_set)
    tasks += start(acknowledger, 2, 3)
    await asyncio.sleep(0)
    stopping = asyncio.create_task(acknowledger.stop())
    await asyncio.sleep(0)
    late = start(acknowledger, 4)
    assert await reasons(late) == [Reason.STOPPING]
    assert not stopping.done()
    log.open.set()
    await asyncio.wait_for(stopping, PATIENCE)
    assert await reasons(tasks) == [None] * 3
    assert log.records == [[1], [2, 3]]


async def test_stopping_without_any_event_is_immediate(log: Log) -> None:
    await asyncio.wait_for(acknowledging(log, seconds=1).stop(), PATIENCE)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [(NotStored("full"), Reason.NOT_STORED), (SpoolFull("full"), Reason.SPOOL_FULL)],
)
async def test_what_surely_is_not_stored_may_be_sent_again(
    log: Log, caplog: pytest.LogCaptureFixture, fault: NotStored, reason: Reason
) -> None:
    acknowledger = acknowledging(log)
    log.faults = [fault]
    assert await reasons(start(acknowledger, 1, 2)) == [reason] * 2
    assert reason.retriable
    assert "Traceback" not in caplog.text
    await acknowledger.stop()
