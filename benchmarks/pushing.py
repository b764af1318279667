"""Seconds from the sending of a beacon until its count arrives in an open live stream, as in a reader's browser."""

import json
import random
import threading
import time
from collections.abc import Iterator
from urllib.request import Request, urlopen

from load import AGENTS, beacon_requests, run_load
from product import SiteClient

from benchmarks.report import Figure
from pipeline.tokens import PageToken, sign

LOADED_RATE = 1_000.0
SECONDS_A_SAMPLE = 0.9
PAGE = 999_999
PATH = "/do-thoi-gian/"


def push_delays(base_url: str, *, key: bytes, samples: int) -> list[float]:
    """Send one view after another at random moments; the delay of each in seconds."""
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


def push_delays_under_load(site: SiteClient, *, samples: int) -> list[float]:
    """The same while LOADED_RATE other views a second come in, of which all must be acknowledged."""
    tallies = []

    def load() -> None:
        seconds = samples * SECONDS_A_SAMPLE
        tallies.append(run_load(beacon_requests(key=site.key), port=site.port, seconds=seconds, rate=LOADED_RATE))

    thread = threading.Thread(target=load)
    thread.start()
    delays = push_delays(site.base_url, key=site.key, samples=samples)
    thread.join()
    (tally,) = tallies
    if tally.refused:
        raise RuntimeError(f"{tally.refused} of {tally.sent} views were refused")
    return delays


def pushing(when: str, delays: list[float]) -> list[Figure]:
    ordered = sorted(delays)
    p50, p99 = (ordered[int(len(ordered) * percent / 100)] for percent in (50, 99))
    return [
        Figure(name=f"{when}, beacon → pushed counter, p50", value=p50, unit="s"),
        Figure(name=f"{when}, beacon → pushed counter, p99", value=p99, unit="s", goal="< 1", met=p99 < 1),
    ]


def _counts(stream: Iterator[bytes]) -> Iterator[int]:
    for line in stream:
        if line.startswith(b"data: "):
            yield json.loads(line[6:])["pages"][str(PAGE)]


def _post(base_url: str, body: bytes) -> None:
    headers = {"Content-Type": "text/plain", "User-Agent": random.choice(AGENTS)}
    with urlopen(Request(f"{base_url}/_nhip/e", data=body, headers=headers), timeout=10):
        pass
