"""An answer that takes minutes goes through the threads of Django without holding one, and ends with its reader."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from asgi import Client, ask, scope_of
from patience import PATIENCE

from cms.core import coming as of_any_server
from cms.core.coming import ComingResponse
from cms.runtime import coming
from cms.runtime.django_threads import STAFF_THREADS, Pages

SIGNED_IN = scope_of("/", Cookie="sessionid=abc")


class Screen:
    head = b"head "

    def __init__(self) -> None:
        self.done = threading.Event()
        self.given_up = threading.Event()
        self.thread = ""

    @property
    def is_over(self) -> bool:
        return self.done.is_set()

    def wait(self, seconds: float) -> bool:
        return self.done.wait(seconds)

    def line(self) -> bytes:
        return b"line "

    def rest(self) -> bytes:
        self.thread = threading.current_thread().name
        return b"rest"

    def give_up(self) -> None:
        self.given_up.set()

    def __call__(self, _environ: Any, start: Any) -> ComingResponse:
        if _environ["PATH_INFO"] == "/":
            start("200 OK", [("Content-Type", "text/html")])
            return ComingResponse(self)
        start("204 No Content", [])
        return []  # type: ignore[return-value]


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coming, "LINE_SECONDS", 0.02)
    monkeypatch.setattr(of_any_server, "LINE_SECONDS", 0.02)
    monkeypatch.setattr(coming, "LOOK_SECONDS", 0.01)


async def until(condition: Any) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.01)


async def test_lines_come_while_it_is_made_and_other_pages_meanwhile() -> None:
    screen = Screen()
    pages = Pages(screen)
    clients = [Client() for _ in range(STAFF_THREADS + 2)]
    tasks = [asyncio.create_task(ask(pages, SIGNED_IN, client)) for client in clients]
    await until(lambda: all(client.answer.chunks > 3 for client in clients))
    other = await ask(pages, scope_of("/other", Cookie="sessionid=abc"))
    assert other.status == 204
    assert all(client.answer.body.startswith(b"head line line ") for client in clients)
    screen.done.set()
    for answer in await asyncio.gather(*tasks):
        assert answer.complete
        assert answer.body.endswith(b"line rest")
        assert "content-length" not in answer.headers
    assert screen.thread.startswith("staff")
    assert screen.given_up.is_set()


async def test_a_reader_who_leaves_ends_the_work() -> None:
    screen = Screen()

    class Leaving(Client):
        async def receive(self) -> Any:
            if self.answer.chunks:
                return {"type": "http.disconnect"}
            if not self.read and self.answer.status == 0:
                return await super().receive()
            await until(lambda: self.answer.chunks)
            return {"type": "http.disconnect"}

    answer = await ask(Pages(screen), SIGNED_IN, Leaving())
    assert screen.given_up.is_set()
    assert b"rest" not in answer.body
    assert not screen.thread


def test_a_server_without_a_loop_gives_the_same() -> None:
    screen = Screen()
    chunks = iter(ComingResponse(screen))
    assert next(chunks) == b"head line "
    assert next(chunks) == b"line "
    screen.done.set()
    assert b"".join(chunks) == b"rest"
    assert screen.given_up.is_set()
