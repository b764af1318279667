"""A crowd of readers in a process of its own: each view gets a page, sends the page's own beacon, may hold a stream.

``python -m benchmarks.pages.readers PORT RATE SECONDS PATH…`` asks for RATE views a second and prints a ``Crowd``.
"""

import asyncio
import itertools
import json
import random
import re
import sys
import time
from typing import NamedTuple
from urllib.request import urlopen

import msgspec
import uvloop
from load import AGENTS, Tally, content_length, get_request, post_request

from benchmarks.child import print_answer

CONNECTIONS = 200
VIEWS_A_STREAM = 50
STREAM_SECONDS = 10.0
ENCODINGS = "gzip, deflate, br, zstd"
TOKEN = re.compile(r'data-t="([^"]+)"')
PAGE_ID = re.compile(r'data-page-views="(\d+)"')


class Crowd(msgspec.Struct, frozen=True):
    """``views`` are the beacons. ``streams``: the most that were open at once."""

    pages: Tally
    views: Tally
    streams: int


class Article(NamedTuple):
    """The requests that a view of it makes."""

    page: bytes
    beacons: tuple[bytes, ...]
    stream: bytes


class _Readers:
    def __init__(self, port: int, articles: list[Article], *, rate: float, seconds: float) -> None:
        self._port = port
        self._articles = articles
        self._pace = CONNECTIONS / rate
        self._seconds = seconds
        self._pages = Tally()
        self._views = Tally()
        self._numbers = itertools.count(1)
        self._open = 0
        self._most_open = 0
        self._streams: set[asyncio.Task[None]] = set()

    async def read(self) -> Crowd:
        began = time.perf_counter()
        await asyncio.gather(*(self._keep_reading(began + self._seconds) for _ in range(CONNECTIONS)))
        self._pages.seconds = self._views.seconds = time.perf_counter() - began
        for stream in self._streams:
            if stream.done():
                stream.result()  # raises what ended it too early
            stream.cancel()
        return Crowd(self._pages, self._views, self._most_open)

    async def _keep_reading(self, until: float) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        due = time.perf_counter() + random.random() * self._pace
        while due < until:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            due += self._pace
            article = random.choice(self._articles)
            await _ask(reader, writer, article.page, self._pages)
            await _ask(reader, writer, random.choice(article.beacons), self._views)
            if next(self._numbers) % VIEWS_A_STREAM == 0:
                self._streams.add(asyncio.create_task(self._hold_stream(article)))
        writer.close()

    async def _hold_stream(self, article: Article) -> None:
        connect = asyncio.get_running_loop().create_connection
        transport, stream = await connect(lambda: _Stream(article.stream), "127.0.0.1", self._port)
        self._open += 1
        self._most_open = max(self._most_open, self._open)
        await asyncio.sleep(STREAM_SECONDS)
        stream.check()
        self._open -= 1
        transport.close()


class _Stream(asyncio.Protocol):
    """Takes what comes and looks at nothing but the head, so that hundreds of streams cost the crowd little."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._began_with = b""
        self._lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.write(self._request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self._began_with = self._began_with or data

    def connection_lost(self, _reason: Exception | None) -> None:
        self._lost = True

    def check(self) -> None:
        """Raises RuntimeError unless it is open and live."""
        if self._lost or not self._began_with.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(f"no live stream, or not any more: {self._began_with!r}")


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes, tally: Tally) -> None:
    began = time.perf_counter()
    tally.sent += 1
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    await reader.readexactly(content_length(head))
    tally.latencies.append(time.perf_counter() - began)
    if head.startswith(b"HTTP/1.1 2"):
        tally.acknowledged += 1
    else:
        tally.refused += 1


def _prepare(port: int, path: str) -> Article:
    with urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as response:
        html = response.read().decode()
    (token,), (page_id, *_) = TOKEN.findall(html), PAGE_ID.findall(html)
    body = json.dumps({"t": token, "p": path, "r": "https://vi.example/", "n": "navigate"}).encode()
    return Article(
        page=get_request(path, encodings=ENCODINGS),
        beacons=tuple(post_request("/_nhip/e", agent=agent, body=body) for agent in AGENTS),
        stream=get_request(f"/_nhip/live?pages={page_id}"),
    )


def main() -> None:
    port, rate, seconds, *paths = sys.argv[1:]
    articles = [_prepare(int(port), path) for path in paths]
    print_answer(uvloop.run(_Readers(int(port), articles, rate=float(rate), seconds=float(seconds)).read()))


if __name__ == "__main__":
    main()
