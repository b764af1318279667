"""Views without a pause, each of its own page, so that a test can tell the fate of every single view.

No view is sent twice: one whose answer was lost may or may not be counted, an acknowledged one must be counted once.
Each view says that it comes from another network, which a server that trusts this machine as its proxy believes. The
load ends with its block and stays on loopback.
"""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Sequence
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import NamedTuple

import msgspec

from pipeline.tokens import PageToken, sign

CONNECTIONS = 32
ANSWER_SECONDS = 15.0
FIRST_PAGE = 1_000_000
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"


class Failure(NamedTuple):
    """``sent_at`` by the monotonic clock; ``reason`` of a refusal, or what happened instead of an answer."""

    sent_at: float
    reason: str


class SteadyLoad:
    """Sends about ``rate`` views a second to the collectors at ``ports`` in turn. Use it as a context.

    ``sent`` and ``acknowledged`` are page ids, ``refused`` has the answers other than 202, ``unanswered`` the views
    without an answer.
    """

    def __init__(self, ports: Sequence[int], *, key: bytes, rate: float, first_page: int = FIRST_PAGE) -> None:
        self._ports = itertools.cycle(ports)
        self._key = key
        self._pause = CONNECTIONS / rate
        self._page_ids = itertools.count(first_page)
        self._going = threading.Event()
        self._ended = False
        self._lock = threading.Lock()
        self.under_way = 0  # views that wait for an answer
        self._threads = [threading.Thread(target=self._send_on, daemon=True) for _ in range(CONNECTIONS)]
        self.sent: set[int] = set()
        self.acknowledged: set[int] = set()
        self.refused: list[Failure] = []
        self.unanswered: list[Failure] = []

    def __enter__(self) -> SteadyLoad:
        self._going.set()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_failure: object) -> None:
        self._ended = True
        self._going.set()
        for thread in self._threads:
            thread.join()

    @property
    def failures(self) -> list[Failure]:
        return self.refused + self.unanswered

    def pause(self) -> None:
        """Stop sending; returns when every answer is there or lost."""
        self._going.clear()
        while self.under_way:
            time.sleep(0.01)

    def resume(self) -> None:
        self._going.set()

    def _send_on(self) -> None:
        connection = self._connect()
        while True:
            time.sleep(self._pause * random.uniform(0.5, 1.5))
            self._going.wait()
            if self._ended:
                break
            with self._lock:
                self.under_way += 1
            sent_at = time.monotonic()
            try:
                if reason := self._send(connection):
                    self.refused.append(Failure(sent_at, reason))
            except (OSError, HTTPException) as error:
                self.unanswered.append(Failure(sent_at, type(error).__name__))
                connection.close()
                connection = self._connect()
            finally:
                with self._lock:
                    self.under_way -= 1
        connection.close()

    def _send(self, connection: HTTPConnection) -> str:
        """Send one view; returns the reason if it is refused."""
        page_id = next(self._page_ids)
        path = f"/trang-{page_id}/"
        token = sign(PageToken(site=1, page_id=page_id, locale="vi", path=path), key=self._key)
        headers = {"Content-Type": "text/plain;charset=UTF-8", "User-Agent": AGENT, "X-Forwarded-For": any_address()}
        self.sent.add(page_id)
        connection.request("POST", "/_nhip/e", body=msgspec.json.encode({"t": token, "p": path}), headers=headers)
        response = connection.getresponse()
        response.read()
        if response.status == HTTPStatus.ACCEPTED:
            self.acknowledged.add(page_id)
            return ""
        return " ".join([str(response.status), *response.headers.get_all("X-Nhip", [])])

    def _connect(self) -> HTTPConnection:
        with self._lock:
            return HTTPConnection("127.0.0.1", next(self._ports), timeout=ANSWER_SECONDS)


def any_address() -> str:
    """An address of a network that nobody has; hardly ever the same network twice."""
    return f"240.{random.randrange(256)}.{random.randrange(256)}.{random.randrange(1, 255)}"
