"""Turns for what only so many may do at once: among those who wait, each network has one after the other.

So whoever asks for a thousand things waits for them, and who asks for one waits for one of theirs.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """``number`` at once. For one event loop."""

    def __init__(self, number: int) -> None:
        self._free = number
        self._lines: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @asynccontextmanager
    async def turn(self, network: str) -> AsyncIterator[None]:
        await self._wait(network)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, network: str) -> None:
        if self._free:
            self._free -= 1
            return
        called = asyncio.get_running_loop().create_future()
        self._lines.setdefault(network, deque()).append(called)
        try:
            await called
        except asyncio.CancelledError:
            if called.done() and not called.cancelled():
                self._pass_on()  # it was this one's turn already
            raise

    def _pass_on(self) -> None:
        """To the first in the line of the network that had none for the longest; those who left are passed over."""
        while self._lines:
            network, line = self._lines.popitem(last=False)
            called = line.popleft()
            if line:
                self._lines[network] = line
            if not called.done():
                called.set_result(None)
                return
        self._free += 1
