"""A collector with a real log behind it, driven as an ASGI server would."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Any

import msgspec
import pytest
from event_lines import decode_lines

from pipeline.brokers import Record
from pipeline.brokers.direct import DirectLog
from pipeline.brokers.sqlite.broker import SqliteBroker
from pipeline.brokers.topics import TOPICS
from pipeline.collecting.acknowledger import Acknowledger
from pipeline.collecting.application import CollectorApplication
from pipeline.collecting.beacon import Knowledge
from pipeline.collecting.campaigns_today import CampaignsToday
from pipeline.collecting.collector import Collector
from pipeline.collecting.enrich.referrers import settle
from pipeline.collecting.limits import limits_of
from pipeline.collecting.recent_visitors import RecentVisitors
from pipeline.collecting.texts import Texts
from pipeline.events import EVENTS_TOPIC, Event
from pipeline.process.health import Health
from pipeline.serving.counters import publish_age
from pipeline.serving.endpoints import Numbers
from pipeline.serving.live import LiveStreams
from pipeline.serving.snapshot import Snapshot
from pipeline.tokens import PageToken, sign

KEY = bytes(range(32))
NO_LIMITS = limits_of(events_per_second=0, events=0, page_views=0, new_readers=0)
SALT = b"s" * 32
HOST = b"congthuong.example.vn"
AGENT = (
    b"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
)
TOKEN = PageToken(site=1, page_id=7, locale="vi", path="/tin-tuc/bai-viet/")

Headers = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[bytes, bytes]
    body: bytes

    @property
    def reason(self) -> str:
        return self.headers.get(b"x-nhip", b"").decode()

    def json(self) -> Any:
        return msgspec.json.decode(self.body)


class FixedCounters:
    """Counters that show what a test puts there."""

    def __init__(self) -> None:
        self.shown = Snapshot()

    def snapshot(self) -> Snapshot:
        return self.shown


@dataclass
class CollectorKit:
    """The collector, its log and its counters; ``checks`` is what readiness asks."""

    directory: Path
    broker: SqliteBroker
    counters: FixedCounters
    live: LiveStreams
    acknowledger: Acknowledger
    app: CollectorApplication
    checks: dict[str, Callable[[], str | None]]
    key: bytes = KEY
    token: PageToken = TOKEN
    signed: str = field(default_factory=lambda: sign(TOKEN, key=KEY))

    async def request(
        self, method: str, target: str | bytes, *, headers: Headers = (), body: bytes | Sequence[bytes] = b""
    ) -> Answer:
        path, _, query = (target.encode() if isinstance(target, str) else target).partition(b"?")
        parts = [body] if isinstance(body, bytes) else list(body)
        messages: list[Mapping[str, Any]] = [
            {"type": "http.request", "body": part, "more_body": number < len(parts) - 1}
            for number, part in enumerate(parts)
        ]
        scope = {
            "type": "http",
            "method": method,
            "path": path.decode("utf-8", "replace"),
            "query_string": query,
            "headers": [(b"host", HOST), (b"user-agent", AGENT), *headers],
            "client": ("203.0.113.9", 4711),
        }
        sent: list[Mapping[str, Any]] = []

        async def receive() -> Mapping[str, Any]:
            if messages:
                return messages.pop(0)
            return {"type": "http.disconnect"}

        async def send(message: Mapping[str, Any]) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        start, *rest = sent
        shown = b"" if method == "HEAD" else b"".join(message.get("body", b"") for message in rest)
        return Answer(start["status"], dict(start["headers"]), shown)

    async def beacon(self, *, headers: Headers = (), **changes: Any) -> Answer:
        """Post the beacon of an ordinary view, but for ``changes``."""
        content = {"t": self.signed, "p": self.token.path, "r": "", "n": "navigate", **changes}
        return await self.post(msgspec.json.encode(content), headers=headers)

    async def act(self, *done: Any, of: str = "0.5") -> Answer:
        """Post that a reader left the page, after ``done``: seconds, depth, a link."""
        content = [self.signed, self.token.path, "", of, *done]
        return await self.post(msgspec.json.encode(content), endpoint="doc")

    async def post(self, body: bytes, *, headers: Headers = (), endpoint: str = "e") -> Answer:
        content_type = (b"content-type", b"text/plain;charset=UTF-8")
        return await self.request("POST", f"/_nhip/{endpoint}", headers=[content_type, *headers], body=body)

    def records(self) -> list[Record]:
        return self.broker.read(EVENTS_TOPIC)

    def events(self) -> list[Event]:
        return [event for record in self.records() for event in decode_lines(record.value)]


@pytest.fixture
def front_ends() -> tuple[str, ...]:
    """Other sites that show our pages; none, unless a module has a fixture of its own."""
    return ()


@pytest.fixture
async def collector(tmp_path: Path, front_ends: tuple[str, ...]) -> AsyncIterator[CollectorKit]:
    broker = SqliteBroker(tmp_path / "log")
    broker.create_topics(TOPICS)
    log = DirectLog(broker.producer(), check=lambda: None)
    counters = FixedCounters()
    live = LiveStreams(counters, limit=2)
    acknowledger = Acknowledger(log, seconds=10)
    checks: dict[str, Callable[[], str | None]] = {}
    app = CollectorApplication(
        Collector(
            Knowledge(
                keys=(KEY,),
                salt_for=lambda _at: SALT,
                names=settle([], front_ends=front_ends),
                limits=NO_LIMITS,
                undated_until=inf,
                visitors=RecentVisitors(started_ms=time.time_ns() // 1_000_000),
                campaigns=CampaignsToday(),
                texts=Texts(),
            ),
            acknowledger,
        ),
        Numbers(counters, live),
        Health(alive={}, ready=checks),
        front_ends=front_ends,
    )
    publish_age(counters)
    yield CollectorKit(tmp_path, broker, counters, live, acknowledger, app, checks)
    await asyncio.wait_for(acknowledger.stop(), 30)
    log.close()
    broker.close()
