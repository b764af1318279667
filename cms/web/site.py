"""The site as one ASGI application, the same in both modes: what is asked for by its path, and who answers it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.conf import settings

from cms.accounts.tidying import tidy
from cms.core.changes.watch import Changes
from cms.core.schedule import Schedule
from cms.runtime.django_threads import Pages
from cms.statistics.reports.api import ReportsApi
from cms.web.media import Media, Privacy
from cms.web.page_memory.asking import Questions
from cms.web.page_memory.memory import PageMemory
from cms.web.static_files import StaticFiles
from cms.wsgi import application
from pipeline.process.health import Check
from pipeline.process.http import REPORTS_PREFIX, Application, Receive, Scope, Send
from pipeline.process.repeating import repeating


class Site:
    """Static and uploaded files; pages from memory, or from Django; questions of programs.

    ``alive``: the checks of its parts that must run.
    """

    def __init__(self, changes: Changes) -> None:
        django = Pages(application)
        self.alive: Mapping[str, Check] = {"pages": django.check, "changes": changes.check}
        pages: Application = django
        if settings.PAGE_MEMORY_BYTES:
            questions = Questions(
                private_paths=settings.PRIVATE_PATHS,
                private_cookies=settings.PRIVATE_COOKIES,
                hosts=settings.ALLOWED_HOSTS,
            )
            pages = PageMemory(django, changes=changes, questions=questions, limit=settings.PAGE_MEMORY_BYTES)
        self._answer = StaticFiles(elsewhere=Media(elsewhere=pages, privacy=Privacy(changes)))
        self._reports = ReportsApi(per_minute=settings.REPORTS.questions_per_minute)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._reports if scope["path"].startswith(REPORTS_PREFIX) else self._answer
        await answer(scope, receive, send)


@contextmanager
def open_site() -> Iterator[Site]:
    """The site, which looks for changes of its content and does what is scheduled while the block runs.

    Django must be set up.
    """
    changes = Changes()
    with (
        repeating(changes.step, "changes", leave_seconds=1.0),
        repeating(Schedule().step, "schedule", leave_seconds=5.0),
        repeating(tidy, "sign-ins", leave_seconds=1.0),
    ):
        yield Site(changes)
