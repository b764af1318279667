"""What one page of each template takes, through the whole of Django: queries, and processor seconds of its thread.

``python -m benchmarks.pages.rendering DATA_DIR`` prints a ``Template`` for each; the product may run or not.
"""

import os
import statistics
import sys
import time
from typing import Any

import django
import msgspec

from benchmarks.child import print_answer
from pipeline.process.server import freeze_memory
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
    queries = {name: _count_queries(path) for name, path in paths.items()}
    freeze_memory()
    rounds = [{name: _cpu_seconds(path) for name, path in paths.items()} for _ in range(TIMES)]
    return [Template(name, queries[name], statistics.median(one[name] for one in rounds)) for name in paths]


def _count_queries(path: str) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    _get(path)  # makes the pictures
    with CaptureQueriesContext(connection) as queries:
        _get(path)
    return len(queries)


def _cpu_seconds(path: str) -> float:
    began = time.thread_time()
    _get(path)
    return time.thread_time() - began


def _get(path: str) -> None:
    from django.test import Client

    response = Client().get(path, headers={"host": "localhost"})
    if response.status_code != 200:
        raise RuntimeError(f"{path}: {response.status_code}")


def main() -> None:
    os.environ |= {"NHIP_DATA_DIR": sys.argv[1], "DJANGO_SETTINGS_MODULE": "cms.settings.embedded"}
    django.setup()
    print_answer(render())


if __name__ == "__main__":
    main()
