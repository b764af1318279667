"""The site as one ASGI application, the same in both modes: what is asked for by its path, and who answers it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.conf import settings

from cms.accounts.tidying import tidy
from cms.announcing.running import announcing
from cms.api.http.refusals import as_problems
from cms.api.http.shell import Api
from cms.audit.forgetting import forget
from cms.core.changes.watch import Changes
from cms.core.schedule import Schedule
from cms.runtime.django_threads import Pages
from cms.statistics.reports.api import ReportsApi
from cms.web.media import Media, Privacy
from cms.web.page_memory.asking import Questions
from cms.web.page_memory.memory import PageMemory
from cms.web.static_files import StaticFiles
from cms.workflow.tending import tend
from cms.wsgi import application
from pipeline.process.cross_origin import FrontEnds
from pipeline.process.health import Check
from pipeline.process.http import REPORTS_PREFIX, Application, Receive, Scope, Send
from pipeline.process.repeating import repeating

API_RENDERS_AT_ONCE = 1


class Site:
    """Static and uploaded files; pages and the API from memory, or from Django; questions of programs.

    ``alive``: the checks of its parts that must run.
    """

    def __init__(self, changes: Changes) -> None:
        django = Pages(application)
        self.alive: Mapping[str, Check] = {"pages": django.check, "changes": changes.check}
        pages: Application = django
        api = as_problems(django)
        if settings.PAGE_MEMORY_BYTES:
            questions = Questions(
                private_paths=settings.PRIVATE_PATHS,
                private_cookies=settings.PRIVATE_COOKIES,
                hosts=settings.ALLOWED_HOSTS,
            )
            pages = PageMemory(django, changes=changes, questions=questions, limit=settings.PAGE_MEMORY_BYTES)
            # A memory and a turn of its own: programs that ask for much take neither from readers of pages.
            api = PageMemory(
                api,
                changes=changes,
                questions=questions,
                limit=settings.API_MEMORY_BYTES,
                renders=API_RENDERS_AT_ONCE,
                all_in_turn=True,
            )
        self._answer = StaticFiles(elsewhere=Media(elsewhere=pages, privacy=Privacy(changes)))
        self._reports = ReportsApi(per_minute=settings.REPORTS.questions_per_minute)
        self._api = Api(
            api,
            front_ends=FrontEnds(settings.FRONT_ENDS),
            per_minute=settings.API.requests_per_minute,
            unstable=(settings.API_V3_PATH,) if settings.API.v3 else (),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if path.startswith(settings.API_PATH):
            await self._api(scope, receive, send)
        elif path.startswith(REPORTS_PREFIX):
            await self._reports(scope, receive, send)
        else:
            await self._answer(scope, receive, send)


@contextmanager
def open_site() -> Iterator[Site]:
    """The site, which looks for changes of its content, does what is scheduled and tells others while the block runs.

    Django must be set up.
    """
    changes = Changes()
    with (
        repeating(changes.step, "changes", leave_seconds=1.0),
        repeating(Schedule().step, "schedule", leave_seconds=5.0),
        repeating(tidy, "sign-ins", leave_seconds=1.0),
        repeating(tend, "desk", leave_seconds=1.0),
        repeating(forget, "audit", leave_seconds=1.0),
        announcing(),
    ):
        yield Site(changes)
