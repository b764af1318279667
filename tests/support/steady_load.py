"""Views without a pause, each of its own page, so that a test can tell the fate of every single view.

No view is sent twice: one whose answer was lost may or may not be counted, an acknowledged one must be counted once.
Each view says that it comes from another network, which a server that trusts this machine as its proxy believes. A
share may be what readers do instead: engagement and downloads on a page of their own, searches and pages not found of a
site of their own. The load ends with its block and stays on loopback.
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

from pipeline.tokens import NOT_FOUND, SEARCH, AnswerToken, PageToken, hour_of, sign

CONNECTIONS = 32
ANSWER_SECONDS = 15.0
FIRST_PAGE = 1_000_000
VIEW = "view"
ACTS = ("engagement", "download")
ANSWERS = ("search", "not_found")
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"


class Failure(NamedTuple):
    """``sent_at`` by the monotonic clock; ``reason`` of a refusal, or what happened instead of an answer."""

    sent_at: float
    reason: str


class Sent(NamedTuple):
    """By which an event is known: its kind, and the page's or the site's id that no other has."""

    kind: str
    number: int


class SteadyLoad:
    """Sends about ``rate`` views a second to the collectors at ``ports`` in turn. Use it as a context.

    Of them ``done`` (a share) are what readers do beside viewing. ``sent`` and ``acknowledged`` are page ids of views,
    ``others_sent`` and ``others_acknowledged`` the rest; ``refused`` has the answers other than 202, ``unanswered`` the
    events without an answer.
    """

    def __init__(
        self, ports: Sequence[int], *, key: bytes, rate: float, first_page: int = FIRST_PAGE, done: float = 0.0
    ) -> None:
        self._ports = itertools.cycle(ports)
        self._key = key
        self._pause = CONNECTIONS / rate
        self._page_ids = itertools.count(first_page)
        self._done = done
        self._going = threading.Event()
        self._ended = False
        self._lock = threading.Lock()
        self.under_way = 0  # views that wait for an answer
        self._threads = [threading.Thread(target=self._send_on, daemon=True) for _ in range(CONNECTIONS)]
        self.sent: set[int] = set()
        self.acknowledged: set[int] = set()
        self.others_sent: set[Sent] = set()
        self.others_acknowledged: set[Sent] = set()
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
        """Send one event; returns the reason if it is refused."""
        kind = random.choice(ACTS + ANSWERS) if random.random() < self._done else VIEW
        one = Sent(kind, next(self._page_ids))
        path, body = self._request(one)
        headers = {"Content-Type": "text/plain;charset=UTF-8", "User-Agent": AGENT, "X-Forwarded-For": any_address()}
        if kind in ACTS:
            headers["Sec-GPC"] = "1"  # without a number it is believed by a collector that has not seen its view
        self._note(one, self.sent, self.others_sent)
        connection.request("POST", path, body=body, headers=headers)
        response = connection.getresponse()
        response.read()
        if response.status == HTTPStatus.ACCEPTED:
            self._note(one, self.acknowledged, self.others_acknowledged)
            return ""
        return " ".join([str(response.status), *response.headers.get_all("X-Nhip", [])])

    def _request(self, one: Sent) -> tuple[str, bytes]:
        """The path of an endpoint, and the body."""
        path, now = f"/trang-{one.number}/", hour_of(time.time())
        if one.kind in ANSWERS:
            answer = SEARCH if one.kind == "search" else NOT_FOUND
            words = "thi đua" if answer == SEARCH else ""
            token: PageToken = AnswerToken(one.number, 0, "vi", path, hour=now, answer=answer, words=words)
            return "/_nhip/e", msgspec.json.encode({"t": sign(token, key=self._key), "p": path})
        token = PageToken(site=1, page_id=one.number, locale="vi", path=path)
        if one.kind == VIEW:
            return "/_nhip/e", msgspec.json.encode({"t": sign(token, key=self._key), "p": path})
        told: list[object] = [
            sign(msgspec.structs.replace(token, hour=now), key=self._key),
            path,
            "",
            f"0.{one.number}",
        ]
        file = ["/documents/3/thong-tu.pdf"] if one.kind == "download" else []
        return "/_nhip/doc", msgspec.json.encode([*told, 0 if file else 12, 0 if file else 40, *file])

    def _note(self, one: Sent, views: set[int], others: set[Sent]) -> None:
        if one.kind == VIEW:
            views.add(one.number)
        else:
            others.add(one)

    def _connect(self) -> HTTPConnection:
        with self._lock:
            return HTTPConnection("127.0.0.1", next(self._ports), timeout=ANSWER_SECONDS)


def any_address() -> str:
    """An address of a network that nobody has; hardly ever the same network twice."""
    return f"240.{random.randrange(256)}.{random.randrange(256)}.{random.randrange(1, 255)}"
