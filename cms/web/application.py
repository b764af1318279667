"""The site as an ASGI application: its pages and ``/_nhip/reports/``, and this process's health under ``/_nhip/``."""

from concurrent.futures import ThreadPoolExecutor

from pipeline.process.health import Health
from pipeline.process.http import PREFIX, REPORTS_PREFIX, Application, Receive, Scope, Send, responding, text
from pipeline.process.probes import probes
from pipeline.process.server import live_until


class Web:
    """The site and the probes; a check may wait for a server, so checks run in a thread of their own."""

    def __init__(self, health: Health, site: Application, *, probe_token: str = "") -> None:
        self._site = site
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="probe")
        self._probes = probes(health, threads=self._thread, token=probe_token)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await live_until(self._stop, receive, send)
        elif scope["path"].startswith(PREFIX) and not scope["path"].startswith(REPORTS_PREFIX):
            await self._probes.get(scope["path"][len(PREFIX) :], _for_collectors)(scope, receive, send)
        else:
            await self._site(scope, receive, send)

    async def _stop(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)


_for_collectors = responding(lambda _scope: text(404, "the collectors answer this"))
