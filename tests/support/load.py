"""A load of beacons over keep-alive connections, each sending its next request when the last is answered.

Bounded by a number of seconds, on loopback only. The tally counts the views *sent* and, of those, the
*acknowledged* ones.
"""

import asyncio
import itertools
import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import uvloop
from crawleruseragents import CRAWLER_USER_AGENTS_DATA

from pipeline.tokens import PageToken, sign

AGENTS = tuple(
    f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0 Safari/537.36"
    for version in range(100, 150)
    for system in ("Windows NT 10.0; Win64; x64", "X11; Linux x86_64", "Macintosh; Intel Mac OS X 10_15_7")
)


@dataclass
class Tally:
    """A load's result; ``latencies`` are seconds, one per answered request, ``seconds`` the time of the whole load."""

    sent: int = 0
    acknowledged: int = 0
    refused: int = 0
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    def percentile(self, percent: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else 0.0


def beacon_requests(*, key: bytes, pages: int = 50, path: str = "/_nhip/e", seed: int = 1) -> Iterator[bytes]:
    """HTTP requests without end: views of changing pages by changing visitors."""
    chosen = random.Random(seed)
    bodies = [_body(page_id, key) for page_id in range(1, pages + 1)]
    prepared = [post_request(path, agent=chosen.choice(AGENTS), body=body) for body in bodies for _ in range(20)]
    chosen.shuffle(prepared)
    return itertools.cycle(prepared)


def reader_requests(*, key: bytes, pages: int = 50, seed: int = 1) -> Iterator[bytes]:
    """The same as browsers send them, without end: of forty in a row each is of one of sixteen readers, a tenth of whom
    are bots. A reader has an address, an agent and a language, and comes from somewhere.
    """
    chosen = random.Random(seed)
    bots = [instance for pattern in CRAWLER_USER_AGENTS_DATA for instance in pattern["instances"]]
    prepared = []
    for _ in range(500):
        readers = [_reader(chosen, bots) for _ in range(16)]
        prepared += [_reader_request(chosen, chosen.choice(readers), pages, key) for _ in range(40)]
    return itertools.cycle(prepared)


class _Reader(NamedTuple):
    address: str
    agent: str
    languages: str
    source: str
    campaign: str


def _reader(chosen: random.Random, bots: Sequence[str]) -> _Reader:
    return _Reader(
        address=".".join(str(chosen.randint(1, 222)) for _ in range(4)),
        agent=chosen.choice(bots if chosen.random() < 0.1 else AGENTS),
        languages=chosen.choice(("vi-VN,vi;q=0.9,en;q=0.8", "vi", "en-US,en;q=0.9")),
        source=chosen.choice(
            (
                "https://www.google.com/",
                "https://m.facebook.com/",
                "https://chat.zalo.me/",
                f"https://trang-{chosen.randint(1, 2_000)}.example/",
            )
        ),
        campaign=f"?utm_source=zalo&utm_campaign=dot-{chosen.randint(1, 40)}" if chosen.random() < 0.1 else "",
    )


def _reader_request(chosen: random.Random, reader: _Reader, pages: int, key: bytes) -> bytes:
    page_id = chosen.randint(1, pages)
    headers = f"Referer: http://127.0.0.1{_path(page_id)}{reader.campaign}\r\nAccept-Language: {reader.languages}\r\n"
    body = _body(page_id, key, reader.source)
    return post_request("/_nhip/e", agent=reader.agent, body=body, client=reader.address, headers=headers)


def get_requests(path: str, *, encodings: str = "identity") -> Iterator[bytes]:
    """HTTP requests without end for one address, by readers who take ``encodings``."""
    return itertools.repeat(get_request(path, encodings=encodings))


def get_request(path: str, *, encodings: str = "identity") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: {encodings}\r\n\r\n".encode()


def post_request(path: str, *, agent: str, body: bytes, client: str = "", headers: str = "") -> bytes:
    """As a browser's ``fetch`` sends a text; a proxy in front would say that it comes from ``client``."""
    forwarded = f"X-Forwarded-For: {client}\r\n" if client else ""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: {agent}\r\nAccept: */*\r\n{forwarded}{headers}"
        f"Content-Type: text/plain;charset=UTF-8\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def content_length(head: bytes) -> int:
    """The bytes that follow the ``head`` of an answer; 0 if it does not say."""
    _, found, rest = head.lower().partition(b"content-length: ")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0


def run_load(
    requests: Iterator[bytes],
    *,
    port: int,
    connections: int = 64,
    seconds: float = 5.0,
    rate: float | None = None,
) -> Tally:
    """Send ``requests`` for ``seconds`` or until the server goes away; at most ``rate`` a second if given."""
    return uvloop.run(_run(requests, port=port, connections=connections, seconds=seconds, rate=rate))


async def _run(requests: Iterator[bytes], *, port: int, connections: int, seconds: float, rate: float | None) -> Tally:
    loop = asyncio.get_running_loop()
    tally = Tally()
    started = loop.time()
    pace = connections / rate if rate else 0.0
    clients = [_Client(requests, tally, until=started + seconds, pace=pace) for _ in range(connections)]
    await asyncio.gather(*(loop.create_connection(lambda c=c: c, "127.0.0.1", port) for c in clients))  # type: ignore[misc]
    await asyncio.gather(*(client.finished for client in clients))
    tally.seconds = loop.time() - started
    return tally


class _Client(asyncio.Protocol):
    """One connection: a request, its answer, the next request."""

    def __init__(self, requests: Iterator[bytes], tally: Tally, *, until: float, pace: float) -> None:
        self._requests = requests
        self._tally = tally
        self._until = until
        self._pace = pace
        self._loop = asyncio.get_running_loop()
        self._received = b""
        self._sent_at = 0.0
        self._next_at = self._loop.time() + random.random() * pace
        self.finished: asyncio.Future[None] = self._loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._schedule()

    def data_received(self, data: bytes) -> None:
        self._received += data
        if (status := _answered(self._received)) is None:
            return
        self._received = b""
        self._tally.latencies.append(time.perf_counter() - self._sent_at)
        if 200 <= status < 300:
            self._tally.acknowledged += 1
        else:
            self._tally.refused += 1
        self._schedule()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.finished.done():
            self.finished.set_result(None)

    def _schedule(self) -> None:
        now = self._loop.time()
        if now >= self._until:
            self._transport.close()
        elif self._pace and self._next_at > now:
            self._loop.call_at(self._next_at, self._send)
        else:
            self._send()

    def _send(self) -> None:
        if self._transport.is_closing():
            return
        self._next_at += self._pace
        self._tally.sent += 1
        self._sent_at = time.perf_counter()
        self._transport.write(next(self._requests))  # type: ignore[attr-defined]


def _answered(received: bytes) -> int | None:
    """The status, or None before the whole answer is there."""
    head, end, body = received.partition(b"\r\n\r\n")
    if not end:
        return None
    return int(head[9:12]) if len(body) >= content_length(head) else None


def _path(page_id: int) -> str:
    return f"/trang-{page_id}/"


def _body(page_id: int, key: bytes, source: str = "https://vi.example/") -> bytes:
    path = _path(page_id)
    token = sign(PageToken(site=1, page_id=page_id, locale="vi", path=path), key=key)
    return json.dumps({"t": token, "p": path, "r": source, "n": "navigate"}).encode()
