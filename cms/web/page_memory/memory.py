"""The memory of pages as an ASGI application before Django.

An anonymous GET is answered from memory if the page was rendered from content that was the newest less than
``OLDEST_SECONDS`` ago. While it is younger than that, but no longer the newest, readers get it at once and one render
makes the new one; once it is older, they wait for that render. Any number of readers of one page share a render.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from cms.core.changes.watch import Changes
from cms.statistics import counters, slots
from cms.statistics.faults import faults
from cms.web.page_memory.asking import Asked, Key, Questions
from cms.web.page_memory.pages import Page
from cms.web.page_memory.turns import Turns
from cms.web.public_pages import KEEP_HEADER, KEEP_IF_NEEDED
from pipeline.collecting.enrich.visitors import networks_of
from pipeline.metrics import PAGE_MEMORY_BYTES, PAGES
from pipeline.process.composed import send_composed
from pipeline.process.http import Application, Receive, Scope, Send, disconnected
from pipeline.serving.snapshot import Snapshot, steady_time
from pipeline.tokens import hour_of

log = logging.getLogger("nhip")

OLDEST_SECONDS = 0.9
WAIT_SECONDS = 3.0  # for the database to answer; after that pages stay as they are
WAIT_STEP_SECONDS = 0.02
TRY_SECONDS = 10.0
LARGEST_PAGE_BYTES = 4_000_000
RENDERS_AT_ONCE = 2  # of addresses that nobody asked for lately
RENDERS_AGAIN_AT_ONCE = 1  # of pages that are in memory: they do not wait for those
RENDERS_A_REQUEST = 3

_FROM = {source: PAGES.labels(source=source) for source in ("memory", "render", "django")}


class NotKept:
    """An answer that is not for everybody: each reader of its address asks Django, until the content changes or a new
    render finds one that is, such as one whose pictures have been made meanwhile.
    """

    size = 500

    def __init__(self, *, generation: int, made_at: float) -> None:
        self.generation = generation
        self.made_at = made_at


class Failed:
    """The answer to those who waited for a render that failed (5xx)."""

    def __init__(self, messages: list[Mapping[str, Any]]) -> None:
        self.messages = messages


class Left(Exception):
    """The reader has gone."""


class Render:
    """A render under way. One that waits for its turn ends if nobody waits for it any more."""

    task: asyncio.Task[Page | NotKept | Failed]
    readers = 0
    begun = False


class PageMemory:
    """At most ``limit`` bytes of pages, the least recently read leave first. ``django`` renders what it lacks, at most
    ``renders`` at once of what nobody asked for lately; ``all_in_turn``: what can't be kept waits for these turns, too.
    """

    def __init__(
        self,
        django: Application,
        *,
        changes: Changes,
        questions: Questions,
        limit: int,
        renders: int = RENDERS_AT_ONCE,
        all_in_turn: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._django = django
        self._changes = changes
        self._questions = questions
        self._limit = limit
        self._clock = clock
        self._kept: OrderedDict[Key, tuple[Page | NotKept, int]] = OrderedDict()
        self._bytes = 0
        self._renders: dict[Key, Render] = {}
        self._rendering = Turns(renders)
        self._rendering_again = Turns(RENDERS_AGAIN_AT_ONCE)
        self._all_in_turn = all_in_turn
        self._waited_in_vain: float | None = None
        self._failed_at = float("-inf")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = self._questions.read(scope)
        try:
            found = await self._find(asked.key, scope, receive) if asked else None
        except Left:
            return
        if asked and isinstance(found, Page) and not (asked.campaign and found.status == 404):
            await self._send(found, asked, send)
        elif isinstance(found, Failed):
            for message in found.messages:
                await send(message)
        else:
            _FROM["django"].inc()
            await (self._ask_in_turn if self._all_in_turn else self._django)(scope, receive, send)

    async def _ask_in_turn(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends after the turn, which no slow reader holds."""
        answer = _Answer()
        async with self._rendering.turn(_network_of(scope)):
            await self._django(scope, receive, answer.take)
        for message in answer.messages:
            await send(message)

    async def _find(self, key: Key, scope: Scope, receive: Receive) -> Page | NotKept | Failed:
        """What may be answered now; renders what is not there, or too old. Raises Left."""
        kept = self._get(key)
        if kept and not self._is_young(kept):
            await self._wait_for_a_look()
        for _ in range(RENDERS_A_REQUEST):
            if kept and self._is_newest(kept):
                _FROM["memory"].inc()
                if isinstance(kept, NotKept) or not self._is_young(kept):
                    self._try_render(kept, key, scope)
                return kept
            if kept and self._is_young(kept):
                _FROM["memory"].inc()
                self._start_render(key, scope)
                return kept
            found = await self._render(key, scope, receive, instead=kept)
            if found is kept:
                return kept
            if isinstance(found, Failed):
                return kept if kept and self._changes.known.away else found
            kept = found  # the content may have changed since its render began
        return found

    def _is_newest(self, kept: Page | NotKept) -> bool:
        """As far as can be known: while the database is away, nobody changes anything that readers could see."""
        known = self._changes.known
        return known.away or kept.generation == known.generation

    def _is_young(self, kept: Page | NotKept) -> bool:
        return self._clock() - self._changes.current_until(kept.generation) < OLDEST_SECONDS

    async def _wait_for_a_look(self) -> None:
        """Until it is known what is the newest, or that the database is away; at most a few seconds, and only once."""
        deadline = self._clock() + WAIT_SECONDS
        while self._clock() < deadline:
            known = self._changes.known
            if (
                known.away
                or self._clock() - known.current_at < OLDEST_SECONDS
                or known.current_at == self._waited_in_vain
            ):
                return
            await asyncio.sleep(WAIT_STEP_SECONDS)
        self._waited_in_vain = self._changes.known.current_at

    async def _render(
        self, key: Key, scope: Scope, receive: Receive, *, instead: Page | NotKept | None
    ) -> Page | NotKept | Failed:
        """The new page; after some seconds ``instead``, if there is one. Raises Left if the reader leaves."""
        _FROM["render"].inc()
        render = self._start_render(key, scope)
        render.readers += 1
        leaving = asyncio.create_task(disconnected(receive))
        try:
            patience = WAIT_SECONDS if instead else None
            await asyncio.wait({render.task, leaving}, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
            if render.task.done():
                return render.task.result()
            if leaving.done() or instead is None:
                raise Left
            return instead
        finally:
            leaving.cancel()
            render.readers -= 1
            if not render.readers and not render.begun and self._renders.get(key) is render:
                del self._renders[key]
                render.task.cancel()

    def _try_render(self, kept: Page | NotKept, key: Key, scope: Scope) -> None:
        """For the next readers, now and then: where looks alone fail, a page can still be had anew."""
        if self._clock() - max(kept.made_at, self._failed_at) >= TRY_SECONDS:
            self._start_render(key, scope)

    def _start_render(self, key: Key, scope: Scope) -> Render:
        """The render of a page that is under way, or a new one."""
        render = self._renders.get(key)
        if render is None:
            render = self._renders[key] = Render()
            render.task = asyncio.create_task(self._ask_django(key, scope, render))
            render.task.add_done_callback(lambda _done: self._forget_render(key, render))
        return render

    def _forget_render(self, key: Key, render: Render) -> None:
        if self._renders.get(key) is render:
            del self._renders[key]
        if not render.task.cancelled() and render.task.exception():
            log.error("a page could not be rendered", exc_info=render.task.exception())

    async def _ask_django(self, key: Key, scope: Scope, render: Render) -> Page | NotKept | Failed:
        turns = self._rendering_again if key in self._kept else self._rendering
        async with turns.turn(_network_of(scope)):
            render.begun = True
            for _ in range(RENDERS_A_REQUEST):
                generation, made_at = self._changes.known.generation, self._clock()
                answer = _Answer()
                await self._django(_anonymous(scope, key), _no_body(), answer.take)
                if answer.keep != KEEP_IF_NEEDED:
                    break
        if answer.status >= 500:
            self._failed_at = self._clock()
            return Failed(answer.messages)
        found: Page | NotKept = NotKept(generation=generation, made_at=made_at)
        if answer.keep and len(answer.body) <= LARGEST_PAGE_BYTES:
            shown = [header for header in answer.headers if header[0] != KEEP_HEADER]
            cut = slots.cut(answer.body)
            found = Page(cut, status=answer.status, headers=shown, generation=generation, made_at=made_at)
        self._keep(key, found)
        return found

    async def _send(self, page: Page, asked: Asked, send: Send) -> None:
        size = page.size
        ready = page.ready(asked.encoding, _moment())
        await send_composed(ready.unchanged if page.is_known(ready, asked.known) else ready.whole, send)
        if page.size != size:
            self._weigh(asked.key, page)

    # what is kept

    def _get(self, key: Key) -> Page | NotKept | None:
        kept = self._kept.get(key)
        if kept is None:
            return None
        self._kept.move_to_end(key)
        return kept[0]

    def _keep(self, key: Key, page: Page | NotKept) -> None:
        self._kept[key] = (page, self._kept.pop(key, (page, 0))[1])
        self._weigh(key, page)

    def _weigh(self, key: Key, page: Page | NotKept) -> None:
        """Count how large ``page`` has become, and let the least recently read leave if that is too much."""
        kept = self._kept.get(key)
        size = page.size + sum(map(len, key))
        if kept is None or kept[0] is not page or kept[1] == size:
            return
        self._kept[key] = (page, size)
        before = self._bytes
        self._bytes += size - kept[1]
        while self._bytes > self._limit and self._kept:
            _key, (_page, oldest) = self._kept.popitem(last=False)
            self._bytes -= oldest
        PAGE_MEMORY_BYTES.inc(self._bytes - before)  # of all memories together


def _moment() -> slots.Moment:
    try:
        return slots.moment_of(counters.current().snapshot(), now=time.time(), steady=steady_time())
    except Exception:
        faults.report("a page from memory")
        return slots.Moment(Snapshot(), stale=False, hour=hour_of(time.time()))


def _anonymous(scope: Scope, key: Key) -> Scope:
    """The request for a page that everybody may get: nothing in it is of the reader who happens to ask."""
    headers = [(b"host", key.host), (slots.OPEN_HEADER.lower().encode(), slots.SECRET.encode())]
    return {**scope, "method": "GET", "headers": headers, "query_string": key.query, "client": None}


def _network_of(scope: Scope) -> str:
    client = scope.get("client")
    return networks_of(client[0])[1] if client else ""


def _no_body() -> Receive:
    """What a reader sends who sends nothing and stays."""
    messages = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> Mapping[str, Any]:
        for message in messages:
            return message
        return await asyncio.Future()

    return receive


class _Answer:
    """Django's answer, whole."""

    def __init__(self) -> None:
        self.status = 500
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = b""
        self.messages: list[Mapping[str, Any]] = []

    @property
    def keep(self) -> bytes:
        """KEEP, KEEP_IF_NEEDED, or empty if the answer is not for everybody."""
        return dict(self.headers).get(KEEP_HEADER, b"")

    async def take(self, message: Mapping[str, Any]) -> None:
        self.messages.append(message)
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = [(name.lower(), value) for name, value in message["headers"]]
        else:
            self.body += message.get("body", b"")
