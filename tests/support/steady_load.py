"""Views without a pause, each of its own page, so that a test can tell the fate of every single view.

No view is sent twice: one whose answer was lost may or may not be counted, an acknowledged one must be counted once.
The load ends with its block and stays on loopback.
"""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException

import msgspec

from pipeline.tokens import PageToken, sign

CONNECTIONS = 12
FIRST_PAGE = 1_000_000
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"


class SteadyLoad:
    """Sends about ``rate`` views a second to the collectors at ``ports`` in turn. Use it as a context."""

    def __init__(self, ports: Sequence[int], *, key: bytes, rate: float) -> None:
        self._ports = itertools.cycle(ports)
        self._key = key
        self._pause = CONNECTIONS / rate
        self._page_ids = itertools.count(FIRST_PAGE)
        self._going = threading.Event()
        self._ended = False
        self._lock = threading.Lock()
        self._under_way = 0
        self._threads = [threading.Thread(target=self._send_on, daemon=True) for _ in range(CONNECTIONS)]
        self.sent: set[int] = set()
        self.acknowledged: set[int] = set()
        self.refused: dict[str, int] = {}

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

    def pause(self) -> None:
        """Stop sending; returns when every answer is there or lost."""
        self._going.clear()
        while self._under_way:
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
                self._under_way += 1
            try:
                self._send(connection)
            except (OSError, HTTPException):
                connection.close()
                connection = self._connect()
            finally:
                with self._lock:
                    self._under_way -= 1
        connection.close()

    def _send(self, connection: HTTPConnection) -> None:
        page_id = next(self._page_ids)
        path = f"/trang-{page_id}/"
        token = sign(PageToken(site=1, page_id=page_id, locale="vi", path=path), key=self._key)
        headers = {"Content-Type": "text/plain;charset=UTF-8", "User-Agent": AGENT}
        self.sent.add(page_id)
        connection.request("POST", "/_nhip/e", body=msgspec.json.encode({"t": token, "p": path}), headers=headers)
        response = connection.getresponse()
        response.read()
        if response.status == 202:
            self.acknowledged.add(page_id)
        else:
            reason = response.headers.get("X-Nhip", str(response.status))
            with self._lock:
                self.refused[reason] = self.refused.get(reason, 0) + 1

    def _connect(self) -> HTTPConnection:
        with self._lock:
            return HTTPConnection("127.0.0.1", next(self._ports), timeout=15)
