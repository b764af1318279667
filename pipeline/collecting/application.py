"""The collector as an ASGI application, put together from its parts; alone, or beside the site in one process.

========================  ============================================================================================
``POST /_nhip/e``         a beacon; 202 when durable, else a 4xx or 503 whose ``X-Nhip`` names the reason
``GET /_nhip/luot``       the same for browsers without script
``GET /_nhip/b.js``       the beacon script
``POST /_nhip/doc``       what a reader did on a page; answered as a beacon
``GET /_nhip/doc.js``     the script that says so
``GET /_nhip/nhip.js``    the element of front ends elsewhere, which may also call the endpoints of views and numbers
``GET /_nhip/summary.json``, ``pages.json``, ``live``   the counters, from memory
``GET /_nhip/healthz``, ``readyz``, ``metrics``         for operations
========================  ============================================================================================
"""

import sys
import time
from collections.abc import Mapping, Sequence

from pipeline.brokers import DurableLog
from pipeline.collecting.acknowledger import Acknowledger
from pipeline.collecting.beacon import Knowledge
from pipeline.collecting.campaigns_today import CampaignsToday
from pipeline.collecting.collector import Collector
from pipeline.collecting.enrich.agents import describe_agent
from pipeline.collecting.enrich.places import PlaceOf, places
from pipeline.collecting.enrich.referrers import settle
from pipeline.collecting.limits import limits_of
from pipeline.collecting.place_file import PlaceFile, version_of
from pipeline.collecting.recent_visitors import RecentVisitors
from pipeline.collecting.salts import SaltBook
from pipeline.collecting.texts import Texts
from pipeline.collecting.undated import believe_undated_until
from pipeline.process.cross_origin import FrontEnds
from pipeline.process.descriptors import streams_at_most
from pipeline.process.health import Check, Health
from pipeline.process.http import (
    PREFIX,
    REPORTS_PREFIX,
    Application,
    Receive,
    Scope,
    Send,
    not_found,
    only_read,
    responding,
    text,
)
from pipeline.process.probes import probes
from pipeline.process.server import live_until
from pipeline.serving.counters import LiveCounters, publish_age
from pipeline.serving.endpoints import Numbers
from pipeline.serving.live import LiveStreams
from pipeline.settings import Settings
from pipeline.staff import cookie_name

SWITCH_SECONDS = 0.001


def switch_threads_often() -> None:
    """Let a beacon, and Kafka's answer to it, wait 1 ms for another thread's turn to end instead of 5 ms."""
    sys.setswitchinterval(SWITCH_SECONDS)


def check(settings: Settings) -> None:
    """What can be known before anything is started. Raises ConfigurationError if the file of places can't be read."""
    if settings.places_file:
        version_of(settings.places_file)


def assemble(
    settings: Settings,
    *,
    durable_log: DurableLog,
    counters: LiveCounters,
    salts: SaltBook,
    ready: Mapping[str, Check],
    alive: Mapping[str, Check],
    elsewhere: Application = not_found,
) -> tuple["CollectorApplication", LiveStreams]:
    """What to serve, and the streams to end when it stops; ``ready`` and ``alive`` as of ``Health``.

    Raises ConfigurationError if the file of places can't be read.
    """
    live = LiveStreams(counters, limit=streams_at_most(settings.live_connections))
    counters.listen(live.publish)
    publish_age(counters)
    acknowledger = Acknowledger(durable_log, seconds=settings.acknowledge_seconds)
    describe_agent("Mozilla/5.0")  # the pattern lists take a moment to compile
    application = CollectorApplication(
        Collector(_knowledge(settings, salts), acknowledger),
        Numbers(counters, live),
        Health(alive=alive, ready=ready),
        elsewhere=elsewhere,
        front_ends=settings.front_ends,
        # With the site beside it, the public reaches it, perhaps through a proxy that knows nothing of probes.
        probe_token=settings.given_probe_token if elsewhere is not_found else settings.probe_token,
    )
    return application, live


def _knowledge(settings: Settings, salts: SaltBook) -> Knowledge:
    now = time.time()
    return Knowledge(
        keys=settings.believed_keys,
        salt_for=salts.salt_for,
        visitors=RecentVisitors(started_ms=int(now * 1000)),
        limits=limits_of(
            events_per_second=settings.network_events_per_second,
            events=settings.network_events,
            page_views=settings.network_page_views,
            new_readers=settings.network_readers,
        ),
        names=settle(settings.names.hosts, front_ends=settings.front_ends),
        undated_until=believe_undated_until(settings.data_dir, now=now),
        campaigns=CampaignsToday(),
        texts=Texts(),
        place_of=_places(settings),
        staff_cookie=cookie_name(settings.names.base_url),
    )


def _places(settings: Settings) -> PlaceOf:
    if settings.places_file is None:
        return places()
    return places(PlaceFile(settings.places_file, directory=settings.data_dir).look_up)


class CollectorApplication:
    """Answers ``/_nhip/`` with its endpoints and passes everything else, and ``/_nhip/reports/``, to ``elsewhere``.

    ``front_ends``: origins whose pages may send views and read numbers. When stopped, it finishes the views at hand.
    """

    def __init__(
        self,
        collector: Collector,
        numbers: Numbers,
        health: Health,
        *,
        elsewhere: Application = not_found,
        front_ends: Sequence[str] = (),
        probe_token: str = "",
    ) -> None:
        self._collector = collector
        self._elsewhere = elsewhere
        may_ask = FrontEnds(front_ends).may_ask
        self._endpoints: dict[str, Application] = {
            "e": may_ask(collector.beacon, methods=b"POST"),
            "luot": may_ask(collector.pixel, methods=b"GET"),
            "b.js": only_read(responding(collector.script)),
            "doc": may_ask(collector.act, methods=b"POST"),
            "doc.js": only_read(responding(collector.second_script)),
            "nhip.js": may_ask(only_read(responding(collector.element)), methods=b"GET, HEAD"),
            "summary.json": may_ask(only_read(responding(numbers.summary)), methods=b"GET, HEAD"),
            "pages.json": may_ask(only_read(responding(numbers.pages)), methods=b"GET, HEAD"),
            "live": may_ask(numbers.live, methods=b"GET"),
            **{name: only_read(probe) for name, probe in probes(health, token=probe_token).items()},
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await live_until(self._collector.stop, receive, send)
        elif not scope["path"].startswith(PREFIX) or scope["path"].startswith(REPORTS_PREFIX):
            await self._elsewhere(scope, receive, send)
        elif scope["type"] == "http":
            await self._endpoints.get(scope["path"][len(PREFIX) :], _no_such_endpoint)(scope, receive, send)


_no_such_endpoint = responding(lambda _scope: text(404, "no such endpoint"))
