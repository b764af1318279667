"""Django behind an ASGI server, in threads that no client can hold.

The event loop reads a request's body and sends its answer (``bodies``, ``answers``); a thread has the request only
while Django works on it.
"""

import asyncio
import contextvars
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError

from cms.accounts.browsers import is_known
from cms.runtime.answers import Answer, WSGIApplication, ask, send_answer
from cms.runtime.bodies import Bodies, Refused, refuse
from cms.runtime.environ import build_environ
from cms.runtime.signed_in import cookie_of, is_signed_in, session_of
from pipeline.process.http import Receive, Scope, Send

READER_THREADS = 2  # more of them get less done: they take turns at Python's one lock
STAFF_THREADS = 5
SIGN_IN_THREADS = 1  # a password's hash takes a core for half a second: guesses get one core, and staff go on
# Known browsers have another, so that a crowd of guessers from everywhere keeps nobody out who has signed in before.
SITE_THREADS = READER_THREADS + STAFF_THREADS + 2 * SIGN_IN_THREADS
MOST_SIGNING_IN = 20  # at the same time: the last one waits ten seconds
CROWDED = "Đang có quá nhiều lượt đăng nhập, mời thử lại sau ít giây. · Too many people are signing in."
STUCK_SECONDS = 30.0  # longer than anything waits for a database: cms/settings/embedded.py


class Threads:
    """A pool of ``size`` threads; stuck if all are busy and none has got through for a while."""

    def __init__(self, name: str, size: int, *, clock: Callable[[], float], most: int | None = None) -> None:
        self._name = name
        self._size = size
        self._clock = clock
        self._pool = ThreadPoolExecutor(size, thread_name_prefix=name)
        self._lock = threading.Lock()
        self._busy = 0
        self._most = most
        self._asked = 0
        self._moved_at = clock()

    async def run(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Raises Refused if ``most`` are under way or waiting."""
        if self._most is not None and self._asked >= self._most:
            raise Refused(503, CROWDED)
        context = contextvars.copy_context()
        self._asked += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._pool, context.run, self._counted, work, *arguments
            )
        finally:
            self._asked -= 1

    def check(self) -> str | None:
        """For liveness."""
        still = self._clock() - self._moved_at
        if self._busy >= self._size and still > STUCK_SECONDS:
            return f"all {self._size} threads for {self._name} are busy, none got through for {still:.0f} s"
        return None

    def _counted(self, work: Callable[..., Any], *arguments: Any) -> Any:
        self._count(1)
        try:
            return work(*arguments)
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        with self._lock:
            self._busy += change
            self._moved_at = self._clock()


class Pages:
    """Django as an ASGI application. A crowd of readers leaves the threads of the staff free."""

    def __init__(
        self,
        application: WSGIApplication,
        *,
        is_signed_in: Callable[[str], bool] = is_signed_in,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._application = application
        self._is_signed_in = is_signed_in
        self._readers = Threads("readers", READER_THREADS, clock=clock)
        self._staff = Threads("staff", STAFF_THREADS, clock=clock)
        self._signing_in = Threads("sign-in", SIGN_IN_THREADS, clock=clock, most=MOST_SIGNING_IN)
        self._returning = Threads("returning", SIGN_IN_THREADS, clock=clock, most=MOST_SIGNING_IN)
        self._bodies = Bodies(self._may_upload)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with self._bodies.whole(scope, receive) as body:
                if body is None:
                    return
                environ = build_environ(scope, body.file, size=body.size)
                threads = self._threads_for(scope)
                answer: Answer = await threads.run(ask, self._application, environ)
        except Refused as refusal:
            await refuse(refusal, receive, send)
        else:
            await send_answer(answer, scope, receive, send, run=threads.run)

    def check(self) -> str | None:
        """For liveness."""
        return self._readers.check() or self._staff.check() or self._signing_in.check() or self._returning.check()

    def _threads_for(self, scope: Scope) -> Threads:
        """Whoever reads without a session is a reader; a guesser of passwords waits for other guessers alone."""
        if scope["method"] == "POST" and scope["path"].startswith(settings.PASSWORD_PATHS):
            known = is_known(cookie_of(scope, settings.BROWSER_COOKIE_NAME))
            return self._returning if known else self._signing_in
        is_reader = scope["method"] in ("GET", "HEAD") and session_of(scope) is None
        return self._readers if is_reader else self._staff

    async def _may_upload(self, scope: Scope) -> bool:
        session = session_of(scope)
        try:
            return session is not None and bool(await self._staff.run(self._is_signed_in, session))
        except (DatabaseError, InterfaceError) as error:
            raise Refused(503, "Cổng thông tin tạm ngừng. · The site is temporarily away.") from error
