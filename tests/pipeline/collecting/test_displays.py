"""One display is one view, however often its request is repeated, and whoever repeats it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Protocol

import msgspec
import pytest

from pipeline.collecting.acknowledger import Acknowledger
from pipeline.collecting.beacon import Dropped, Reason, Told
from pipeline.collecting.displays import Displays
from pipeline.events import Event, PageView

VIEW = PageView(1_000_000, 1, 7, "vi", "/", "public", 5, True)


class Kit(Protocol):
    """The collector with its surroundings, as ``tests/pipeline/conftest.py`` makes it."""

    acknowledger: Acknowledger
    signed: str

    async def request(self, method: str, target: str, **options: Any) -> Any: ...
    async def beacon(self, **changes: Any) -> Any: ...
    def events(self) -> list[Event]: ...


async def test_a_repeated_beacon_is_answered_as_the_first_and_counted_once(collector: Kit) -> None:
    answers = [await collector.beacon(i="0.25") for _ in range(3)]
    assert [(answer.status, answer.reason) for answer in answers] == [(202, ""), (202, "repeated"), (202, "repeated")]
    assert len(collector.events()) == 1


async def test_a_repeat_while_the_first_is_being_written_waits_for_it(collector: Kit) -> None:
    answers = await asyncio.gather(*(collector.beacon(i="0.25") for _ in range(20)))
    assert {answer.status for answer in answers} == {202}
    assert len(collector.events()) == 1


async def test_other_displays_are_counted(collector: Kit) -> None:
    for changes in ({"i": "0.25"}, {"i": "0.5"}, {}, {}, {"i": ""}, {"i": ""}):
        assert (await collector.beacon(**changes)).status == 202
    assert len(collector.events()) == 6


async def test_the_heartbeats_of_a_display_are_no_repeats_of_it(collector: Kit) -> None:
    for heartbeat in (0, 1, 1):
        answer = await collector.beacon(i="0.25", h=heartbeat)
        assert (answer.status, answer.reason) == (202, "")
    assert len(collector.events()) == 3


async def test_a_proxy_that_asks_for_a_pixel_again_is_counted_once(collector: Kit) -> None:
    asked = f"/_nhip/luot?t={collector.signed}"
    answers = [await collector.request("GET", asked) for _ in range(2)]
    assert [(answer.status, answer.reason, answer.body[:3]) for answer in answers] == [
        (200, "", b"GIF"),
        (200, "repeated", b"GIF"),
    ]
    other = await collector.request("GET", asked, headers=[(b"user-agent", b"Lynx/2.9")])
    assert other.reason == ""
    assert len(collector.events()) == 2


async def test_the_script_may_send_again_what_was_surely_not_stored(
    collector: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    append, refusals = collector.acknowledger.append, iter([Reason.OVERLOADED])

    async def refuse_first(event: Event) -> None:
        for reason in refusals:
            raise Dropped(reason)
        await append(event)

    monkeypatch.setattr(collector.acknowledger, "append", refuse_first)
    answers = [await collector.beacon(i="0.25", n="reload") for _ in range(3)]
    assert [(answer.status, answer.reason) for answer in answers] == [
        (503, "overloaded"),
        (202, ""),
        (202, "repeated"),
    ]
    (view,) = collector.events()
    assert isinstance(view, PageView)
    assert view.visit, "judged when it was first sent"


Append = Callable[[Any], Awaitable[None]]


def fate_of(outcomes: Iterable[Reason | None], stored: list[Any]) -> Append:
    """Appends with the next outcome."""
    coming = iter(outcomes)

    async def append(event: Any) -> None:
        await asyncio.sleep(0)
        if reason := next(coming):
            raise Dropped(reason)
        stored.append(event)

    return append


async def test_nobody_sends_again_what_may_be_stored() -> None:
    stored: list[Any] = []
    displays, append = Displays(seconds=300), fate_of([Reason.NOT_DURABLE, None], stored)
    for _ in range(2):
        with pytest.raises(Dropped) as refusal:
            await displays.store_once(Told(VIEW, 1), append)
        assert refusal.value.reason is Reason.NOT_DURABLE
    assert stored == []


async def test_whoever_waited_for_a_view_that_was_not_stored_stores_it() -> None:
    stored: list[Any] = []
    displays, append = Displays(seconds=300), fate_of([Reason.SPOOL_FULL, None, None], stored)
    found = await asyncio.gather(
        *(displays.store_once(Told(VIEW, 1), append) for _ in range(3)), return_exceptions=True
    )
    assert sorted(map(repr, found)) == sorted(map(repr, [Dropped(Reason.SPOOL_FULL), True, False]))
    assert stored == [VIEW]


async def test_a_request_that_is_cut_off_while_it_is_stored_may_be_stored() -> None:
    displays = Displays(seconds=300)

    async def append(_event: Any) -> None:
        await asyncio.Future()

    first = asyncio.create_task(displays.store_once(Told(VIEW, 1), append))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(Dropped) as refusal:
        await displays.store_once(Told(VIEW, 1), append)
    assert refusal.value.reason is Reason.NOT_DURABLE


def at(milliseconds: int) -> PageView:
    return msgspec.structs.replace(VIEW, at=milliseconds)


async def test_a_display_is_remembered_for_a_while_and_no_longer() -> None:
    displays = Displays(seconds=300)
    start = VIEW.at

    async def again(after_seconds: float) -> bool:
        event = at(start + int(after_seconds * 1000))
        return await displays.store_once(Told(event, 1), fate_of([None], []))

    assert [await again(seconds) for seconds in (0, 299, 601, 599, 5000, 0)] == [
        True,
        False,
        True,
        False,
        True,
        True,
    ]


async def test_displays_take_a_bounded_memory() -> None:
    displays = Displays(seconds=300, limit=10)
    for display in range(1, 1000):
        assert await displays.store_once(Told(VIEW, display), fate_of([None], []))
    assert len(displays._current) + len(displays._before) <= 20
    assert not await displays.store_once(Told(VIEW, 999), fate_of([None], []))
    assert await displays.store_once(Told(VIEW, 1), fate_of([None], []))
