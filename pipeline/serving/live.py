"""Pushes the counters to open pages: after a change, one message to each reader whose numbers changed.

A reader can't tell a stream on which nothing changes from one that a proxy holds back or a network has lost. So each
stream sends something every ``BEAT_SECONDS`` at the latest: a beat, the same numbers again under a name of their own.

A change wakes a few readers at a time, so that a thousand of them keep nobody who asks for a page waiting.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Iterable
from typing import Any

import msgspec

from pipeline.metrics import LIVE_READERS
from pipeline.serving.counters import Counters
from pipeline.serving.snapshot import Snapshot, Summary, Unit, steady_time

BEAT_SECONDS = 4.0
BEAT = b"event: beat\n"
READERS_AT_ONCE = 10

Change = asyncio.Future[None]


def summary_json(snapshot: Snapshot, *, site: int, unit: Unit) -> dict[str, Any]:
    """The widget's numbers as the API gives them; null until something was read."""
    summary = snapshot.summary(site, unit=unit)
    numbers = msgspec.structs.asdict(summary) if summary else dict.fromkeys(Summary.__struct_fields__)
    return {**numbers, "unit": unit, "as_of": snapshot.as_of}


def pages_json(snapshot: Snapshot, page_ids: Iterable[int]) -> dict[str, int | None]:
    return {str(page_id): snapshot.page_views(page_id) for page_id in page_ids}


def age_of(snapshot: Snapshot) -> float | None:
    """Seconds since its reading."""
    age = snapshot.age(steady_time())
    return None if age is None else round(age, 1)


class LiveStreams:
    """The open streams of one event loop, at most ``limit``."""

    def __init__(self, counters: Counters, *, limit: int) -> None:
        self._counters = counters
        self._limit = limit
        self._open = 0
        self._waiting: dict[Change, None] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = False

    @property
    def full(self) -> bool:
        return self._open >= self._limit

    def publish(self, _snapshot: Snapshot) -> None:
        """Wake the streams after a change; called in the counters' thread."""
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake)

    def stop(self) -> None:
        """End every stream, so that the server can stop; called in the loop's thread."""
        self._stopping = True
        for change in self._waiting:
            _tell(change)

    async def messages(self, *, site: int, unit: Unit, page_ids: tuple[int, ...]) -> AsyncGenerator[bytes]:
        """Server-sent events: the numbers now and after each change, and a beat in a quiet while."""
        loop = self._loop = asyncio.get_running_loop()
        self._open += 1
        LIVE_READERS.inc()
        change = self._expect_change()
        try:
            sent: object = None
            beats_at = 0.0
            while not self._stopping:
                snapshot = self._counters.snapshot()
                numbers = (snapshot.summary(site, unit=unit), [snapshot.page_views(page_id) for page_id in page_ids])
                changed = numbers != sent
                if changed or loop.time() >= beats_at:  # a change of other readers' numbers may wake it sooner
                    message = _message(snapshot, site=site, unit=unit, page_ids=page_ids)
                    yield message if changed else BEAT + message
                    sent = numbers
                    beats_at = loop.time() + BEAT_SECONDS
                if await _comes(change, beats_at - loop.time()):
                    change = self._expect_change()
        finally:
            self._waiting.pop(change, None)
            self._open -= 1
            LIVE_READERS.dec()

    def _expect_change(self) -> Change:
        """Done at the next change, even if that comes before somebody waits for it."""
        change = asyncio.get_running_loop().create_future()
        self._waiting[change] = None
        return change

    def _wake(self) -> None:
        waiting, self._waiting = deque(self._waiting), {}
        self._wake_some(waiting)

    def _wake_some(self, waiting: deque[Change]) -> None:
        for _ in range(min(READERS_AT_ONCE, len(waiting))):
            _tell(waiting.popleft())
        if waiting:
            asyncio.get_running_loop().call_soon(self._wake_some, waiting)


def _message(snapshot: Snapshot, *, site: int, unit: Unit, page_ids: tuple[int, ...]) -> bytes:
    content = {
        "summary": summary_json(snapshot, site=site, unit=unit),
        "pages": pages_json(snapshot, page_ids),
        "snapshot": snapshot.order,
        "age": age_of(snapshot),
    }
    return b"data: " + msgspec.json.encode(content) + b"\n\n"


def _tell(change: Change) -> None:
    if not change.done():
        change.set_result(None)


async def _comes(change: Change, seconds: float) -> bool:
    """Whether the change came within the time."""
    await asyncio.wait((change,), timeout=max(0.0, seconds))
    return change.done()
