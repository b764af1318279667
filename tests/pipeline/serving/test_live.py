from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from msgspec import structs

from pipeline.serving import live as live_module
from pipeline.serving.live import BEAT, READERS_AT_ONCE, LiveStreams
from pipeline.serving.snapshot import SiteCounters, Snapshot, Summary, steady_time

NONE = Summary(0, 0, 0, 0, 0)


class FixedCounters:
    """Counters that show the numbers a test puts there."""

    def __init__(self) -> None:
        self.shown = Snapshot()

    def snapshot(self) -> Snapshot:
        return self.shown

    def show(self, *, views: int, pages: dict[int, int] | None = None, as_of: float = 1.0) -> Snapshot:
        sites = {1: SiteCounters(visits=NONE, views=Summary(1, views, views, views, views))}
        self.shown = Snapshot(as_of=as_of, sites=sites, pages=pages or {})
        return self.shown


@pytest.fixture
def counters() -> FixedCounters:
    return FixedCounters()


@pytest.fixture
def live(counters: FixedCounters) -> LiveStreams:
    return LiveStreams(counters, limit=2)


def read(message: bytes) -> Any:
    assert message.startswith(b"data: ")
    assert message.endswith(b"\n\n")
    return msgspec.json.decode(message.removeprefix(b"data: "))


def follow(live: LiveStreams, *page_ids: int) -> AsyncGenerator[bytes]:
    return live.messages(site=1, unit="views", page_ids=page_ids)


async def next_message(messages: AsyncGenerator[bytes]) -> bytes:
    return await asyncio.wait_for(anext(messages), 30)


async def soon(messages: AsyncGenerator[bytes]) -> asyncio.Task[bytes]:
    """The next message, already waited for."""
    task = asyncio.ensure_future(next_message(messages))
    for _ in range(5):
        await asyncio.sleep(0)
    return task


async def test_the_first_message_comes_at_once_with_everything(
    counters: FixedCounters, live: LiveStreams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "steady_time", lambda: 102.0)
    shown = counters.show(views=5, pages={7: 3})
    counters.shown = structs.replace(shown, run="ab", turn=3, read_at=100.0)
    messages = follow(live, 7, 8)
    assert read(await next_message(messages)) == {
        "summary": {"online": 1, "today": 5, "week": 5, "month": 5, "total": 5, "unit": "views", "as_of": 1.0},
        "pages": {"7": 3, "8": 0},
        "snapshot": "ab-3",
        "age": 2.0,
    }
    await messages.aclose()


async def test_before_anything_was_read_the_numbers_are_null(live: LiveStreams) -> None:
    messages = follow(live, 7)
    first = read(await next_message(messages))
    assert (first["pages"], first["age"]) == ({"7": None}, None)
    assert {first["summary"][row] for row in ("online", "today", "week", "month", "total", "as_of")} == {None}
    await messages.aclose()


async def test_a_change_is_pushed(counters: FixedCounters, live: LiveStreams) -> None:
    counters.show(views=5)
    messages = follow(live)
    await next_message(messages)
    waiting = await soon(messages)
    assert not waiting.done()
    live.publish(counters.show(views=6))
    assert read(await waiting)["summary"]["total"] == 6
    await messages.aclose()


async def test_a_change_from_another_thread_is_pushed(counters: FixedCounters, live: LiveStreams) -> None:
    counters.show(views=5)
    messages = follow(live)
    await next_message(messages)
    waiting = await soon(messages)
    await asyncio.to_thread(live.publish, counters.show(views=6))
    assert read(await waiting)["summary"]["total"] == 6
    await messages.aclose()


async def test_a_change_between_two_messages_is_not_missed(counters: FixedCounters, live: LiveStreams) -> None:
    counters.show(views=5)
    messages = follow(live)
    await next_message(messages)
    live.publish(counters.show(views=6))
    assert read(await next_message(messages))["summary"]["total"] == 6
    await messages.aclose()


async def test_a_change_of_other_numbers_sends_nothing(counters: FixedCounters, live: LiveStreams) -> None:
    counters.show(views=5, pages={7: 3})
    messages = follow(live, 7)
    await next_message(messages)
    waiting = await soon(messages)
    live.publish(counters.show(views=5, pages={7: 3, 8: 1}, as_of=2.0))
    for _ in range(10):
        await asyncio.sleep(0)
    assert not waiting.done()
    live.publish(counters.show(views=5, pages={7: 4, 8: 1}, as_of=3.0))
    assert read(await waiting)["pages"] == {"7": 4}
    await messages.aclose()


async def test_a_quiet_stream_beats_and_its_beats_say_how_old_the_numbers_are(
    counters: FixedCounters, live: LiveStreams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "BEAT_SECONDS", 0.01)
    shown = counters.show(views=5)
    messages = follow(live)
    await next_message(messages)
    for turn in (1, 2):
        counters.shown = structs.replace(shown, run="ab", turn=turn, read_at=steady_time() - 70)
        beat = await next_message(messages)
        assert beat.startswith(BEAT)
        told = read(beat.removeprefix(BEAT))
        assert (told["snapshot"], told["summary"]["total"]) == (f"ab-{turn}", 5)
        assert told["age"] >= 70
    counters.show(views=6)  # nobody published it
    while (message := await next_message(messages)).startswith(BEAT):
        continue
    assert read(message)["summary"]["total"] == 6
    await messages.aclose()


async def test_a_reader_hears_beats_though_other_readers_numbers_change_all_the_time(
    counters: FixedCounters, live: LiveStreams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "BEAT_SECONDS", 0.05)
    counters.show(views=5)
    messages = follow(live)
    await next_message(messages)
    waiting = await soon(messages)
    for others in range(10_000):
        live.publish(counters.show(views=5, pages={8: others}))
        await asyncio.sleep(0.001)
        if waiting.done():
            break
    assert waiting.done()
    assert (await waiting).startswith(BEAT)
    await messages.aclose()


async def test_a_change_for_many_readers_leaves_turns_to_others(counters: FixedCounters) -> None:
    counters.show(views=5)
    readers = 3 * READERS_AT_ONCE + 1
    live = LiveStreams(counters, limit=readers)
    streams = [follow(live) for _ in range(readers)]
    for messages in streams:
        await next_message(messages)
    waiting = [asyncio.ensure_future(anext(messages)) for messages in streams]
    await asyncio.sleep(0)

    live.publish(counters.show(views=6))
    served = [0]
    while served[-1] < readers:
        await asyncio.sleep(0)  # a turn of the loop, in which a request would be answered
        served.append(sum(message.done() for message in waiting))

    assert max(after - before for before, after in pairwise(served)) == READERS_AT_ONCE
    assert {read(message.result())["summary"]["total"] for message in waiting} == {6}
    for messages in streams:
        await messages.aclose()


async def test_stopping_ends_every_stream(counters: FixedCounters, live: LiveStreams) -> None:
    streams = [follow(live), follow(live, 7)]
    for messages in streams:
        await next_message(messages)
    waiting = [await soon(messages) for messages in streams]
    live.stop()
    for task in waiting:
        with pytest.raises(StopAsyncIteration):
            await task
    assert [message async for message in follow(live)] == []


async def test_streams_are_counted_while_they_last(live: LiveStreams) -> None:
    first, second = follow(live), follow(live)
    await next_message(first)
    assert not live.full
    await next_message(second)
    assert live.full
    await first.aclose()
    assert not live.full
    await second.aclose()


def test_publishing_without_or_after_a_loop_is_no_fault(counters: FixedCounters, live: LiveStreams) -> None:
    live.publish(counters.show(views=1))

    async def follow_once() -> None:
        messages = follow(live)
        await next_message(messages)
        await messages.aclose()

    asyncio.run(follow_once())
    live.publish(counters.show(views=2))
