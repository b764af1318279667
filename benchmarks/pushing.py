"""Seconds from a beacon being sent to its count arriving in an open live stream, as a reader's browser would see it."""

import json
import random
import time
from collections.abc import Iterator
from urllib.request import Request, urlopen

from load import AGENTS

from pipeline.beacon.tokens import PageToken, sign

PAGE = 999_999
PATH = "/do-thoi-gian/"


def push_delays(base_url: str, *, key: bytes, samples: int) -> list[float]:
    """One view after another at random moments; each delay in seconds."""
    token = sign(PageToken(site=1, page_id=PAGE, locale="vi", path=PATH), key=key)
    body = json.dumps({"t": token, "p": PATH}).encode()
    delays: list[float] = []
    with urlopen(f"{base_url}/_nhip/live?pages={PAGE}", timeout=30) as stream:
        counts = _counts(stream)
        seen = next(counts)
        for _ in range(samples):
            time.sleep(random.uniform(0.0, 0.8))
            started = time.perf_counter()
            _post(base_url, body)
            while (now := next(counts)) <= seen:
                pass
            delays.append(time.perf_counter() - started)
            seen = now
    return delays


def _counts(stream: Iterator[bytes]) -> Iterator[int]:
    for line in stream:
        if line.startswith(b"data: "):
            yield json.loads(line[6:])["pages"][str(PAGE)]


def _post(base_url: str, body: bytes) -> None:
    headers = {"Content-Type": "text/plain", "User-Agent": random.choice(AGENTS)}
    with urlopen(Request(f"{base_url}/_nhip/e", data=body, headers=headers), timeout=10):
        pass
