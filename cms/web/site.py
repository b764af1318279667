"""The site as one ASGI application, the same in both modes: what is asked for by its path, and who answers it."""

from collections.abc import Mapping

from cms.runtime.django_threads import Pages
from cms.wsgi import application
from pipeline.process.health import Check
from pipeline.process.http import Receive, Scope, Send


class Site:
    """Django's pages. ``alive``: the checks of its parts that must run. Django must be set up."""

    def __init__(self) -> None:
        self._pages = Pages(application)
        self.alive: Mapping[str, Check] = {"pages": self._pages.check}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._pages(scope, receive, send)
