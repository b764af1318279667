"""A real collector on a socket, with numbers that a test sets, and a front end on another origin; for the element."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from math import inf
from pathlib import Path
from typing import Any

import msgspec
import uvicorn
from event_lines import decode_lines
from http_server import serve
from msgspec import structs
from part import free_port
from patience import wait_until

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
from pipeline.process.cross_origin import FrontEnds
from pipeline.process.health import Health
from pipeline.process.http import Receive, Response, Scope, Send, respond
from pipeline.serving.endpoints import Numbers
from pipeline.serving.live import LiveStreams
from pipeline.serving.snapshot import SiteCounters, Snapshot, Summary, steady_time
from pipeline.tokens import PageToken, hour_of, sign

KEY = bytes(range(32))
# What a careful front end sends with its pages: scripts and connections of its own and of the portal, no style at all.
POLICY = (
    "default-src 'none'; script-src 'self' {portal}; connect-src {portal}; img-src data:; require-trusted-types-for "
    "'script'"
)
HTML = """<!doctype html><html lang="vi"><meta charset="utf-8"><title>{path}</title><link rel="icon" href="data:,">
<script type="module" src="{portal}/_nhip/nhip.js"></script>
<script src="/witness.js"></script>
<main>{inside}</main><a id="there" href="/there">there</a></html>"""
WITNESS = """window.violations = [];
addEventListener("securitypolicyviolation", (event) => violations.push(event.violatedDirective));"""


class Numbered:
    """Counters that show what a test puts there."""

    def __init__(self) -> None:
        self.shown = Snapshot()

    def snapshot(self) -> Snapshot:
        return self.shown


@dataclass
class Portal:
    """The collector. ``renewed``: what was asked of the API in its place; ``asked``: paths of ``/_nhip/``."""

    url: str
    counters: Numbered
    live: LiveStreams
    broker: SqliteBroker
    renewed: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    answers: list[tuple[str, int]] = field(default_factory=list)
    turn: int = 0

    def token(self, page_id: int, path: str, *, hours_ago: int = 0) -> str:
        hour = hour_of(time.time()) - hours_ago
        return sign(PageToken(site=1, page_id=page_id, locale="vi", path=path, hour=hour), key=KEY)

    def show(self, *, total: int, pages: dict[int, int] | None = None, seconds_ago: float = 0.0) -> None:
        self.turn += 1
        visits = Summary(2, 14, 51, 51, total)
        self.counters.shown = Snapshot(
            as_of=time.time() - seconds_ago,
            sites={1: SiteCounters(visits=visits, views=structs.replace(visits, total=2 * total))},
            pages=pages or {},
            run="aa",
            turn=self.turn,
            read_at=steady_time() - seconds_ago,
        )
        self.live.publish(self.counters.shown)

    def events(self) -> list[Event]:
        return [event for record in self.broker.read(EVENTS_TOPIC) for event in decode_lines(record.value)]

    def wait_for_events(self, count: int) -> list[Event]:
        wait_until(lambda: len(self.events()) >= count, what=lambda: f"{count} events; {self.events()} {self.answers}")
        return self.events()

    def settled(self, seconds: float = 0.5) -> list[Event]:
        """The events after a while in which one too many would have come."""
        time.sleep(seconds)
        return self.events()


@dataclass
class FrontEnd:
    """Serves any path with what ``inside`` has for it. ``other`` names the same server as another origin."""

    url: str = ""
    portal: str = ""
    inside: dict[str, str] = field(default_factory=dict)

    @property
    def other(self) -> str:
        return self.url.replace("127.0.0.1", "localhost")


@contextmanager
def serve_front_end() -> Iterator[FrontEnd]:
    front_end = FrontEnd()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == "/witness.js":
                self._answer(WITNESS, "text/javascript")
            else:
                inside = front_end.inside.get(path, "")
                self._answer(HTML.format(path=path, portal=front_end.portal, inside=inside), "text/html; charset=utf-8")

        def _answer(self, text: str, content_type: str) -> None:
            body = text.encode()
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Security-Policy", POLICY.format(portal=front_end.portal))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Says nothing."""

    with serve(Handler) as front_end.url:
        yield front_end


@contextmanager
def serve_portal(directory: Path, *, front_ends: Sequence[str], streams: int = 20) -> Iterator[Portal]:
    """On a thread and an event loop of its own."""
    broker = SqliteBroker(directory / "log")
    broker.create_topics(TOPICS)
    counters = Numbered()
    live = LiveStreams(counters, limit=streams)
    portal = Portal(f"http://127.0.0.1:{free_port()}", counters, live, broker)
    ready, server = threading.Event(), [None]
    thread = threading.Thread(target=lambda: asyncio.run(_serve(portal, front_ends, ready, server)))
    thread.start()
    assert ready.wait(30)
    try:
        yield portal
    finally:
        live.stop()
        server[0].should_exit = True  # type: ignore[attr-defined]
        thread.join()
        broker.close()


async def _serve(portal: Portal, front_ends: Sequence[str], ready: threading.Event, server: list[Any]) -> None:
    log = DirectLog(portal.broker.producer(), check=lambda: None)
    known = Knowledge(
        keys=(KEY,),
        salt_for=lambda _at: b"s" * 32,
        names=settle([], front_ends=front_ends),
        limits=limits_of(events_per_second=0, events=0, page_views=0, new_readers=0),
        undated_until=inf,
        visitors=RecentVisitors(started_ms=time.time_ns() // 1_000_000),
        campaigns=CampaignsToday(),
        texts=Texts(),
    )
    acknowledger = Acknowledger(log, seconds=10)

    async def api(scope: Scope, _receive: Receive, send: Send) -> None:
        asked = scope["path"] + "?" + scope["query_string"].decode()
        portal.renewed.append(asked)
        page_id = int(scope["path"].split("/")[-2])
        body = msgspec.json.encode({"statistics": {"token": portal.token(page_id, f"/moved/{page_id}/")}})
        await respond(Response(200, body, [(b"content-type", b"application/json")]), send)

    collector = CollectorApplication(
        Collector(known, acknowledger),
        Numbers(portal.counters, portal.live),
        Health(alive={}, ready={}),
        elsewhere=FrontEnds(front_ends).may_ask(api, methods=b"GET"),
        front_ends=front_ends,
    )

    async def recorded(scope: Scope, receive: Receive, send: Send) -> None:
        portal.asked.append(scope["path"])

        async def send_recorded(message: Any) -> None:
            if message["type"] == "http.response.start":
                portal.answers.append((scope["path"], message["status"]))
            await send(message)

        await collector(scope, receive, send_recorded)

    port = int(portal.url.rpartition(":")[2])
    config = uvicorn.Config(recorded, host="127.0.0.1", port=port, lifespan="off", log_config=None, ws="none")
    server[0] = serving = uvicorn.Server(config)
    serving.install_signal_handlers = lambda: None  # type: ignore[attr-defined]

    async def tell() -> None:
        while not serving.started:
            await asyncio.sleep(0.02)
        ready.set()

    telling = asyncio.create_task(tell())
    await serving._serve()
    await telling
    await acknowledger.stop()
    log.close()
