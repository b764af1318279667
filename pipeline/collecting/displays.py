"""The displays that were told of lately: a request that tells of one again gets the answer of the first.

A proxy asks again if it gets no answer, a browser if its connection breaks, the script if it is told to. All of it is
in memory alone.
"""

import asyncio
from collections.abc import Awaitable, Callable

from pipeline.collecting.beacon import Dropped, Reason, Told
from pipeline.events import ReaderEvent as Event

Append = Callable[[Event], Awaitable[None]]

MOST_DISPLAYS = 30_000

# What became of a display: it is being stored, is stored (None), may be stored, or surely is not.
Fate = asyncio.Future[None] | Reason | Event | None


class Displays:
    """Remembers a display for ``seconds`` at least and twice that at most; runs on one event loop.

    If more than ``limit`` come in that time, the oldest are forgotten early.
    """

    def __init__(self, *, seconds: float, limit: int = MOST_DISPLAYS) -> None:
        self._while = seconds * 1000
        self._limit = limit
        self._since = 0
        self._current: dict[int, Fate] = {}
        self._before: dict[int, Fate] = {}

    async def store_once(self, told: Told, append: Append) -> bool:
        """Whether the event is stored now; False if an earlier request stored it. Raises Dropped, as the first did.

        An event that was surely not stored is stored as the first request had it: its reader was judged then.
        """
        display = told.display
        if not display:
            await append(told.event)
            return True
        event = told.event
        self._forget(event.at)
        while True:
            fate = self._find(display, event)
            if not isinstance(fate, asyncio.Future):
                break
            await asyncio.wait((fate,))
        if fate is None:
            return False
        if isinstance(fate, Reason):
            raise Dropped(fate)
        await self._store(display, fate, append)
        return True

    def _find(self, display: int, event: Event) -> Fate:
        """``event`` itself if nothing is known of the display."""
        return self._current[display] if display in self._current else self._before.get(display, event)

    async def _store(self, display: int, event: Event, append: Append) -> None:
        done = self._current[display] = asyncio.get_running_loop().create_future()
        fate: Fate = Reason.NOT_DURABLE
        try:
            await append(event)
            fate = None
        except Dropped as refusal:
            fate = event if refusal.reason.retriable else refusal.reason
            raise
        finally:
            self._current[display] = fate
            done.set_result(None)

    def _forget(self, now_ms: int) -> None:
        passed = abs(now_ms - self._since)  # a clock that was set back is a new beginning, too
        if passed >= self._while or len(self._current) >= self._limit:
            kept = self._current if passed < 2 * self._while else _under_way(self._current)
            self._before = _under_way(self._before) | kept
            self._current = {}
            self._since = now_ms


def _under_way(fates: dict[int, Fate]) -> dict[int, Fate]:
    return {display: fate for display, fate in fates.items() if isinstance(fate, asyncio.Future)}
