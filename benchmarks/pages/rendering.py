"""What one page of each template takes, through the whole of Django: queries, and processor seconds of its thread.

Processor seconds are of pages as the page memory asks for them, after the first since a change.

``python -m benchmarks.pages.rendering DATA_DIR`` prints a ``Template`` for each; the product may run or not.
"""

import os
import statistics
import sys
from typing import Any

import django
import msgspec

from benchmarks.asking import count_queries, cpu_seconds
from benchmarks.child import print_answer
from pipeline.process.memory import freeze_memory
from pipeline.serving.snapshot import Snapshot

TIMES = 40


class Template(msgspec.Struct, frozen=True):
    """``cpu``: processor seconds, the median of TIMES pages, each template in turn."""

    name: str
    queries: int
    cpu: float


class _Kept:
    """The numbers in memory, as the product has them."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def snapshot(self) -> Snapshot:
        return self._snapshot


def render() -> list[Template]:
    """With the numbers and the garbage collector as the product has them. Django must be set up."""
    from wagtail_emulation.models import EmulationIndexPage, EmulationPage

    from cms.home.models import HomePage, PlainPage
    from cms.news.models import NewsIndexPage, NewsPage
    from cms.statistics import counters
    from cms.statistics.slots import OPEN_HEADER, SECRET

    kinds: dict[str, Any] = {
        "home": HomePage,
        "plain page": PlainPage,
        "news list": NewsIndexPage,
        "article": NewsPage,
        "emulation list": EmulationIndexPage,
        "emulation page": EmulationPage,
    }
    paths = {name: kind.objects.live().first().get_url() for name, kind in kinds.items()}
    counters.install(_Kept(counters.current().snapshot()))
    queries = {name: count_queries(path, warm_ups=1) for name, path in paths.items()}
    freeze_memory()
    as_the_memory_asks = {OPEN_HEADER: SECRET}
    rounds = [{name: cpu_seconds(path, **as_the_memory_asks) for name, path in paths.items()} for _ in range(TIMES)]
    return [Template(name, queries[name], statistics.median(one[name] for one in rounds)) for name in paths]


def main() -> None:
    os.environ |= {"NHIP_DATA_DIR": sys.argv[1], "DJANGO_SETTINGS_MODULE": "cms.settings.embedded"}
    django.setup()
    print_answer(render())


if __name__ == "__main__":
    main()
