"""The collector as an ASGI application, put together from its parts; alone, or beside the site in one process."""

from collections.abc import Mapping
from typing import Any

from pipeline.brokers import Producer
from pipeline.brokers.spool.producer import SpoolingProducer
from pipeline.collecting.acknowledger import Acknowledger
from pipeline.collecting.collector import Collector
from pipeline.collecting.enrich.agents import describe_agent
from pipeline.collecting.salts import SaltBook
from pipeline.process.health import PREFIX, Check
from pipeline.process.server import Application, live_until
from pipeline.serving.counters import LiveCounters
from pipeline.serving.live import LiveStreams
from pipeline.settings import Settings


async def nothing_here(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body"})


class CollectorApplication:
    """``/_nhip/`` is the collector's, the rest goes ``elsewhere``; at the end the acknowledger finishes what it has."""

    def __init__(self, collector: Collector, acknowledger: Acknowledger, elsewhere: Application) -> None:
        self._collector = collector
        self._acknowledger = acknowledger
        self._elsewhere = elsewhere

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await live_until(self._acknowledger.stop, receive, send)
        elif scope["path"].startswith(PREFIX):
            await self._collector(scope, receive, send)
        else:
            await self._elsewhere(scope, receive, send)


def assemble(
    settings: Settings,
    *,
    producer: Producer | SpoolingProducer,
    counters: LiveCounters,
    salts: SaltBook,
    checks: Mapping[str, Check],
    alive: Mapping[str, Check],
    elsewhere: Application = nothing_here,
) -> tuple[CollectorApplication, LiveStreams]:
    """What to serve, and the streams to end when it stops."""
    live = LiveStreams(counters, limit=settings.live_connections)
    counters.listen(live.publish)
    acknowledger = Acknowledger(producer, seconds=settings.acknowledge_seconds)
    collector = Collector(
        key=settings.beacon_key,
        acknowledger=acknowledger,
        counters=counters,
        salt_for=salts.salt_for,
        live=live,
        checks=checks,
        alive=alive,
    )
    describe_agent("Mozilla/5.0")  # the pattern lists take a moment to compile
    return CollectorApplication(collector, acknowledger, elsewhere), live
