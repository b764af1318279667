"""Pages of the one process: warm beside its limits, cold, together with their beacons and streams, after a change.

The load comes from this process or from one that it starts, and shares the cores with the product.
"""

import itertools
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

from load import Tally, get_request, get_requests, run_load
from part import Part, free_port
from product import Product

from benchmarks.acknowledging import TURN_SECONDS, WARM_UP_SECONDS, median_of
from benchmarks.child import measured_by, say
from benchmarks.costs import cpu_seconds, resident_mb
from benchmarks.limits import noop_server
from benchmarks.pages.changing import Seen
from benchmarks.pages.figures import (
    MANY_READERS,
    Cold,
    Together,
    Warm,
    change_figures,
    cold_figures,
    template_figures,
    together_figures,
    warm_figures,
)
from benchmarks.pages.readers import Crowd
from benchmarks.pages.rendering import Template
from benchmarks.plain_wagtail import ARTICLE_PATH
from benchmarks.pushing import LOADED_RATE, SECONDS_A_SAMPLE, push_delays
from benchmarks.report import Figure

WITHOUT_MEMORY = {"NHIP_PAGE_MEMORY_MEGABYTES": "0"}
BEHIND_DJANGOS_CACHE = {**WITHOUT_MEMORY, "DJANGO_SETTINGS_MODULE": "benchmarks.pages.django_cache"}
ARTICLE_LINK = re.compile(r'href="(/tin-tuc/[a-z0-9-]+/)"')
COUNTED_SECONDS = 30.0

Requests = Callable[[], Iterator[bytes]]


def measure_pages(directory: Path, *, turns: int, pushes: int, changes: int) -> list[Figure]:
    """Raises RuntimeError if an answer is wrong or a view is lost."""
    directory.mkdir(parents=True)
    data = directory / "nhip"
    with Product(data) as product:
        say("pages: what each template takes")  # first: after minutes of load a page takes longer
        templates = measured_by("pages.rendering", data, answer=list[Template])
        articles = find_articles(product)
        article = articles[0]
        _check_encoding(product, article, "br")
        say("pages: warm, by turns with the no-op")
        warm = _take_turns(product, article, turns)
        say("pages: each request another address")
        others = _measure_cold(product.port, lambda: _other_addresses(article), turns)
        say(f"pages: {LOADED_RATE:,.0f} views/s with their pages, beacons and live streams")
        together = _measure_together(product, articles, pushes)
        say(f"pages: {changes} changes by another process")
        seen = measured_by("pages.changing", data, product.port, changes, answer=Seen)
        product.stop()
    with Product(data, **WITHOUT_MEMORY) as product:
        say("pages: without the memory")
        cold = _measure_cold(product.port, lambda: get_requests(article, encodings="br"), turns)
        product.stop()
    with Product(data, **BEHIND_DJANGOS_CACHE) as product:
        say("pages: behind Django's cache")
        _check_djangos_cache(product, article)
        djangos = median_of([_load(product.port, get_requests(article, encodings="gzip")) for _ in range(turns)])
        product.stop()
    with plain_wagtail(directory) as port:
        say("pages: a plain Wagtail site")
        plain = _measure_cold(port, lambda: get_requests(ARTICLE_PATH), turns)
    return [
        *warm_figures(warm, djangos=djangos, plain=plain, cold=cold),
        *cold_figures("the same page, without the memory", cold),
        *cold_figures("each time another address", others),
        *template_figures(templates),
        *together_figures(together),
        *change_figures(seen),
    ]


def find_articles(product: Product) -> list[str]:
    """The paths of the newest articles."""
    return sorted(set(ARTICLE_LINK.findall(product.page("/tin-tuc/"))))


def _take_turns(product: Product, article: str, turns: int) -> Warm:
    def load(port: int, pid: int) -> tuple[Tally, float]:
        before = cpu_seconds(pid)
        return _load(port, get_requests(article, encodings="br")), cpu_seconds(pid) - before

    _load(product.port, get_requests(article, encodings="br"), seconds=WARM_UP_SECONDS)
    noops, pages = [], []
    noop_port = free_port()
    with noop_server(noop_port) as noop_pid:
        for _ in range(turns):
            noops.append(load(noop_port, noop_pid))
            pages.append(load(product.port, product.pid))
    return Warm(*_sum_up(noops), *_sum_up(pages))


def _sum_up(turns: list[tuple[Tally, float]]) -> tuple[Tally, float]:
    """The median tally, and processor seconds per 1,000 answers."""
    answers = sum(tally.acknowledged for tally, _cpu in turns)
    return median_of([tally for tally, _cpu in turns]), sum(cpu for _tally, cpu in turns) / answers * 1000


def _measure_cold(port: int, requests: Requests, turns: int) -> Cold:
    _load(port, requests(), connections=MANY_READERS, seconds=WARM_UP_SECONDS)
    one, many = [], []
    for _ in range(2 * turns):  # short ones: the machine's speed changes from one to the next
        one.append(_load(port, requests(), connections=1, seconds=TURN_SECONDS / 2))
        many.append(_load(port, requests(), connections=MANY_READERS, seconds=TURN_SECONDS / 2))
    return Cold(median_of(one), median_of(many))


def _load(port: int, requests: Iterator[bytes], *, connections: int = 64, seconds: float = TURN_SECONDS) -> Tally:
    tally = run_load(requests, port=port, connections=connections, seconds=seconds)
    if tally.acknowledged != tally.sent:
        raise RuntimeError(f"of {tally.sent} requests {tally.acknowledged} were answered")
    return tally


_numbers = itertools.count(1)


def _other_addresses(article: str) -> Iterator[bytes]:
    """The article under addresses that nobody has asked for: for the memory each is a page of its own."""
    return (get_request(f"{article}?x={number}", encodings="br") for number in _numbers)


def _measure_together(product: Product, articles: list[str], pushes: int) -> Together:
    before = count_until(product, 0)
    resident = resident_mb(product.pid)
    seconds = pushes * SECONDS_A_SAMPLE
    with ThreadPoolExecutor() as threads:
        reading = threads.submit(
            measured_by, "pages.readers", product.port, LOADED_RATE, seconds, *articles, answer=Crowd
        )
        waiting = threads.submit(push_delays, product.base_url, key=product.key, samples=pushes)
        while not (reading.done() and waiting.done()):
            resident = max(resident, resident_mb(product.pid))
            time.sleep(0.5)
    crowd = reading.result()
    expected = before + crowd.views.acknowledged + pushes
    if (counted := count_until(product, expected)) != expected:
        raise RuntimeError(f"{counted} views are counted, {expected} were acknowledged")
    return Together(crowd, waiting.result(), resident)


def count_until(product: Product, expected: int) -> int:
    """The views that are counted, as soon as there are as many as ``expected``, or after COUNTED_SECONDS."""
    deadline = time.monotonic() + COUNTED_SECONDS
    while (counted := int(product.get("/_nhip/summary.json?unit=views")["total"])) < expected:
        if time.monotonic() > deadline:
            break
        time.sleep(0.2)
    return counted


def _check_encoding(product: Product, path: str, encoding: str) -> dict[str, str]:
    """The headers of an answer in ``encoding``, by lower-case name."""
    with urlopen(Request(product.base_url + path, headers={"Accept-Encoding": encoding}), timeout=30) as response:
        headers = {name.lower(): value for name, value in response.headers.items()}
    if headers.get("content-encoding") != encoding:
        raise RuntimeError(f"{path} is not compressed with {encoding}")
    return headers


def _check_djangos_cache(product: Product, path: str) -> None:
    """What comes from a cache expires when it did at first."""
    first = _check_encoding(product, path, "gzip")["expires"]
    time.sleep(1.5)
    if _check_encoding(product, path, "gzip")["expires"] != first:
        raise RuntimeError(f"{path} does not come from Django's cache")


@contextmanager
def plain_wagtail(directory: Path) -> Iterator[int]:
    """Run the plain Wagtail site while the block runs; yields its port."""
    port = free_port()
    site = Part(
        "a plain Wagtail site",
        ["-m", "benchmarks.plain_wagtail"],
        environment={"PORT": str(port), "NHIP_DATA_DIR": str(directory / "plain")},
        health_url=f"http://127.0.0.1:{port}/_nhip/",
        log=directory / "plain.log",
    )
    try:
        site.start()
        yield port
    finally:
        site.kill()
