"""Readers as they should be, while a test does harm: some open pages, others are counted, and none does it for nothing.

They run on loopback, each page on a connection of its own, each view from another network.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from types import TracebackType

from patience import wait_until
from product import SiteClient
from steady_load import FIRST_PAGE, SteadyLoad

PAGES = (
    "/",
    "/tin-tuc/",
    "/tin-tuc/?page=2",
    "/admin/login/",
)  # three that may come from memory, one that Django makes
PAGES_A_SECOND = 8.0
VIEWS_A_SECOND = 20.0
READERS = 4
ANSWER_SECONDS = 60.0
SLOW_SECONDS = 2.0

_first_pages = itertools.count(2 * FIRST_PAGE, FIRST_PAGE)


class HonestReaders:
    """Use it as a context around the harm.

    ``served`` and ``slow`` are pages, ``refused`` has those that did not come, by status or error. ``views`` is their
    load of views, of other pages than any other reader's.
    """

    def __init__(self, site: SiteClient, *, port: int | None = None) -> None:
        self.views = SteadyLoad([port or site.port], key=site.key, rate=VIEWS_A_SECOND, first_page=next(_first_pages))
        self.refused: Counter[str] = Counter()
        self._site = site
        self._port = port or site.port
        self._seconds: list[float] = []
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._read, args=(n,), daemon=True) for n in range(READERS)]

    def __enter__(self) -> HonestReaders:
        for path in PAGES:  # the first of each is made slowly
            self._site.page(path)
        self.views.__enter__()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        # On a busy machine the harm may be over before its readers have begun.
        with suppress(AssertionError):
            wait_until(lambda: bool(self._seconds and self.views.acknowledged), seconds=ANSWER_SECONDS)
        self._ended.set()
        for thread in self._threads:
            thread.join()
        self.views.__exit__()

    @property
    def served(self) -> int:
        return len(self._seconds)

    @property
    def slow(self) -> int:
        return sum(seconds > SLOW_SECONDS for seconds in self._seconds)

    def miscounted(self) -> dict[int, int]:
        """Of the acknowledged views how many are counted never, twice and so on; waits for those on their way."""
        pages = sorted(self.views.acknowledged)
        counts: Counter[int] = Counter()
        for first in range(0, len(pages), 100):
            some = pages[first : first + 100]
            path = f"/_nhip/pages.json?ids={','.join(map(str, some))}"
            try:
                self._site.wait_for(path, lambda answer: set(answer["pages"].values()) == {1})
            except AssertionError:
                counts.update(self._site.get(path)["pages"].values())
        return {count: views for count, views in sorted(counts.items()) if count != 1}

    def __str__(self) -> str:
        ordered = sorted(self._seconds) or [0.0]
        p50, p99 = (1_000 * ordered[int(len(ordered) * share)] for share in (0.5, 0.99))
        views = f"{len(self.views.acknowledged)} of {len(self.views.sent)} views"
        return f"{self.served} pages (p50 {p50:.0f} ms, p99 {p99:.0f} ms, {self.slow} slow) and {views}"

    def _read(self, number: int) -> None:
        while not self._ended.wait(READERS / PAGES_A_SECOND):
            number += 1
            began = time.perf_counter()
            try:
                self._open(PAGES[number % len(PAGES)])
            except (OSError, HTTPException) as error:
                self.refused[type(error).__name__] += 1
            else:
                self._seconds.append(time.perf_counter() - began)

    def _open(self, path: str) -> None:
        """Raises HTTPException for anything but the whole page."""
        connection = HTTPConnection("127.0.0.1", self._port, timeout=ANSWER_SECONDS)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            if not answer.read().rstrip().endswith(b"</html>") or answer.status != 200:
                raise HTTPException(str(answer.status))
        finally:
            connection.close()
