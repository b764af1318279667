"""What was measured of the pages, as figures with their limits and goals."""

from collections.abc import Iterator
from dataclasses import dataclass

from load import Tally

from benchmarks.pages.changing import Seen
from benchmarks.pages.readers import Crowd
from benchmarks.pages.rendering import Template
from benchmarks.pushing import LOADED_RATE, pushing
from benchmarks.report import Figure

MANY_READERS = 16
SHARE_OF_THE_NOOP = 0.5
TIMES_PLAIN_WAGTAIL = 100
SHARE_OF_ONE_READER = 0.9
MOST_QUERIES = 12
MOST_CPU_MS = 15.0
RATE_REACHED = 0.98
PAGE_MS = 20.0
RESIDENT_MB = 600.0
WARM = "pages: article from memory"


@dataclass(frozen=True)
class Warm:
    """The no-op and the article from memory; processor seconds of their processes per 1,000 answers."""

    noop: Tally
    noop_cpu: float
    pages: Tally
    cpu: float


@dataclass(frozen=True)
class Cold:
    """What one reader gets, and what MANY_READERS at once get."""

    one: Tally
    many: Tally

    @property
    def best(self) -> float:
        return max(self.one.rate, self.many.rate)


@dataclass(frozen=True)
class Together:
    """``delays``: seconds from a beacon to its number. ``resident``: the most megabytes meanwhile."""

    crowd: Crowd
    delays: list[float]
    resident: float


def warm_figures(warm: Warm, *, djangos: Tally, plain: Cold, cold: Cold) -> list[Figure]:
    """``djangos``: from Django's cache; ``cold``: the same article without the memory."""
    noop, pages, rate = warm.noop, warm.pages, warm.pages.rate
    return [
        Figure(
            name=WARM,
            value=rate,
            unit="/s",
            limit=noop.rate,
            limit_name="no-op/s, same server",
            goal=f"ratio ≥ {SHARE_OF_THE_NOOP:g}",
            met=rate >= noop.rate * SHARE_OF_THE_NOOP,
        ),
        *(
            Figure(
                name=f"{WARM}, p{percent}",
                value=pages.percentile(percent) * 1000,
                unit="ms",
                limit=noop.percentile(percent) * 1000,
                limit_name="ms, no-op",
            )
            for percent in (50, 99)
        ),
        Figure(
            name=f"{WARM}, CPU of the whole process",
            value=warm.cpu,
            unit="s per 1,000 pages",
            limit=warm.noop_cpu,
            limit_name="the no-op's",
        ),
        Figure(name=WARM, value=rate, unit="/s", limit=djangos.rate, limit_name="/s, Django's cache middleware"),
        Figure(
            name=WARM,
            value=rate,
            unit="/s",
            limit=plain.best,
            limit_name="/s, a plain Wagtail page",
            goal=f"ratio ≥ {TIMES_PLAIN_WAGTAIL}",
            met=rate >= plain.best * TIMES_PLAIN_WAGTAIL,
        ),
        Figure(name=WARM, value=rate, unit="/s", limit=cold.best, limit_name="/s, without the memory"),
    ]


def cold_figures(what: str, cold: Cold) -> list[Figure]:
    name = f"pages: {what}"
    return [
        Figure(
            name=f"{name}, {MANY_READERS} readers",
            value=cold.many.rate,
            unit="/s",
            limit=cold.one.rate,
            limit_name="/s, one reader",
            goal=f"ratio ≥ {SHARE_OF_ONE_READER:g}",
            met=cold.many.rate >= cold.one.rate * SHARE_OF_ONE_READER,
        ),
        Figure(name=f"{name}, one reader, p50", value=cold.one.percentile(50) * 1000, unit="ms"),
        Figure(name=f"{name}, {MANY_READERS} readers, p99", value=cold.many.percentile(99) * 1000, unit="ms"),
    ]


def template_figures(templates: list[Template]) -> Iterator[Figure]:
    for template in templates:
        milliseconds = template.cpu * 1000
        yield Figure(
            name=f"pages: {template.name}",
            value=template.queries,
            unit="queries",
            goal=f"≤ {MOST_QUERIES}",
            met=template.queries <= MOST_QUERIES,
        )
        yield Figure(
            name=f"pages: {template.name}",
            value=milliseconds,
            unit="CPU ms",
            goal=f"≤ {MOST_CPU_MS:g}",
            met=milliseconds <= MOST_CPU_MS,
        )


def together_figures(together: Together) -> list[Figure]:
    crowd = together.crowd
    name = f"pages at {crowd.views.rate:,.0f} views/s"
    p99 = crowd.pages.percentile(99) * 1000
    return [
        Figure(
            name=f"{name}, nothing lost",
            value=crowd.views.rate,
            unit="views/s",
            limit=LOADED_RATE,
            limit_name="asked for",
            goal=f"ratio ≥ {RATE_REACHED:g}",
            met=crowd.views.rate >= LOADED_RATE * RATE_REACHED,
        ),
        Figure(name=f"{name}, live streams held open", value=crowd.streams, unit=""),
        Figure(name=f"{name}, page, p50", value=crowd.pages.percentile(50) * 1000, unit="ms"),
        Figure(name=f"{name}, page, p99", value=p99, unit="ms", goal=f"< {PAGE_MS:g}", met=p99 < PAGE_MS),
        *pushing(name, together.delays),
        Figure(
            name=f"{name}, resident",
            value=together.resident,
            unit="MB",
            goal=f"< {RESIDENT_MB:g}",
            met=together.resident < RESIDENT_MB,
        ),
    ]


def change_figures(seen: Seen) -> list[Figure]:
    ordered = sorted(seen.seconds)
    latest = ordered[-1]
    name = f"pages: change by another process → its reader, {len(ordered)} times"
    return [
        Figure(name=f"{name}, p50", value=ordered[len(ordered) // 2], unit="s"),
        Figure(name=f"{name}, latest", value=latest, unit="s", goal="< 1", met=latest < 1),
    ]
