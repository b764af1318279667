"""The API for front ends: warm beside the no-op, cold beside Wagtail's own serializers of the same pages.

The load comes from this process and shares the cores with the product. ``python -m benchmarks.api DATA_DIR`` prints
what each answer takes cold.
"""

import json
import os
import statistics
import sys
from pathlib import Path
from typing import NamedTuple

import django
import httpx
import msgspec
from load import Tally, get_requests, run_load
from part import free_port
from product import Product

from benchmarks.acknowledging import TURN_SECONDS, WARM_UP_SECONDS, median_of
from benchmarks.asking import count_queries, cpu_seconds
from benchmarks.child import measured_by, print_answer, say
from benchmarks.limits import noop_server
from benchmarks.report import Figure

LIST = "/api/v2/pages/?type=news.NewsPage&fields=*"
BARE_LIST = "/bare/pages/?type=news.NewsPage&fields=*"
# One machine sends all of the load.
WITHOUT_LIMIT = {"NHIP_API_REQUESTS_PER_MINUTE": "0"}
GOAL = 0.4
TIMES = 20
WARM_UPS = 15  # each answer makes some of the pictures that it lacks


class Cold(msgspec.Struct, frozen=True):
    """Processor seconds of an answer through the whole of Django, and its queries; ``bare``: of Wagtail's own."""

    name: str
    queries: int
    cpu: float
    bare_queries: int
    bare: float


def measure_api(directory: Path, *, turns: int) -> list[Figure]:
    """Raises RuntimeError if an answer is wrong."""
    directory.mkdir(parents=True)
    data = directory / "nhip"
    with Product(data, **WITHOUT_LIMIT) as product:
        say("api: what each answer takes, cold")
        cold = measured_by("api", data, answer=list[Cold])
        article = json.loads(product.page(LIST))["items"][0]["id"]
        figures = []
        with noop_server(noop_port := free_port()):
            for name, path in (("detail", f"/api/v2/pages/{article}/"), ("list", LIST)):
                say(f"api: the {name}, warm, by turns with the no-op and with one that sends as much")
                (body := directory / name).write_bytes(_body_of(product.port, path))
                with noop_server(full_port := free_port(), body=body):
                    figures += _measure_warm(Ports(product.port, noop_port, full_port), name, path, turns)
        product.stop()
    return [*figures, *(figure for one in cold for figure in _figures_of(one))]


class Ports(NamedTuple):
    """``full``: of the no-op that sends the bytes of the answer; ``noop`` sends none."""

    product: int
    noop: int
    full: int


def _body_of(port: int, path: str) -> bytes:
    """As the load gets it: compressed, and not decoded."""
    address = f"http://127.0.0.1:{port}{path}"
    with httpx.Client() as client, client.stream("GET", address, headers={"accept-encoding": "br"}) as answer:
        return b"".join(answer.iter_raw())


def _measure_warm(ports: Ports, name: str, path: str, turns: int) -> list[Figure]:
    """The goal is against the no-op that sends nothing, though each answer has all its bytes to send."""
    _load(ports.product, path, seconds=WARM_UP_SECONDS)
    tallies: dict[int, list[Tally]] = {port: [] for port in (ports.noop, ports.full, ports.product)}
    for _ in range(turns):
        for port, several in tallies.items():
            several.append(_load(port, path))
    limit, full, rate = (median_of(several).rate for several in tallies.values())
    size = len(_body_of(ports.product, path))
    return [
        Figure(
            name=f"{name} of the API, warm",
            value=rate,
            unit="answers/s",
            limit=limit,
            limit_name="no-op",
            goal=f"≥ {GOAL} of the no-op",
            met=rate >= GOAL * limit,
        ),
        Figure(
            name=f"{name} of the API, warm",
            value=rate,
            unit="answers/s",
            limit=full,
            limit_name=f"no-op that sends its {size:,} bytes",
        ),
        Figure(
            name=f"no-op that sends the {name}'s bytes",
            value=full,
            unit="answers/s",
            limit=limit,
            limit_name="no-op",
        ),
    ]


def _load(port: int, path: str, *, seconds: float = TURN_SECONDS) -> Tally:
    tally = run_load(get_requests(path, encodings="br"), port=port, connections=64, seconds=seconds)
    if tally.acknowledged != tally.sent:
        raise RuntimeError(f"of {tally.sent} requests {tally.acknowledged} were answered")
    return tally


def _figures_of(cold: Cold) -> list[Figure]:
    return [
        Figure(
            name=f"{cold.name} of the API, cold",
            value=cold.cpu * 1000,
            unit="ms of a processor",
            limit=cold.bare * 1000,
            limit_name="Wagtail's own",
        ),
        Figure(
            name=f"{cold.name} of the API, cold",
            value=cold.queries,
            unit="queries",
            limit=cold.bare_queries,
            limit_name="Wagtail's own",
        ),
    ]


def render() -> list[Cold]:
    """Django must be set up."""
    from django.test.utils import override_settings

    from cms.news.models import NewsPage
    from pipeline.process.memory import freeze_memory

    article = NewsPage.objects.live().order_by("-pk").values_list("pk", flat=True)[0]
    answers = {
        "detail": (f"/api/v2/pages/{article}/", f"/bare/pages/{article}/"),
        "list": (LIST, BARE_LIST),
    }
    with override_settings(ROOT_URLCONF="benchmarks.bare_api"):
        queries = {path: count_queries(path, warm_ups=WARM_UPS) for paths in answers.values() for path in paths}
        freeze_memory()
        taken: dict[str, list[float]] = {path: [] for path in queries}
        for _ in range(TIMES):
            for path, seconds in taken.items():
                seconds.append(cpu_seconds(path))
    return [
        Cold(
            name,
            queries[path],
            statistics.median(taken[path]),
            queries[bare],
            statistics.median(taken[bare]),
        )
        for name, (path, bare) in answers.items()
    ]


def main() -> None:
    os.environ |= {"NHIP_DATA_DIR": sys.argv[1], "DJANGO_SETTINGS_MODULE": "cms.settings.embedded"}
    django.setup()
    print_answer(render())


if __name__ == "__main__":
    main()
