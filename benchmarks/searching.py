"""Search, lists, feeds and the admin with 20,000 articles, on SQLite and PostgreSQL: the whole of Django, one reader.

``python -m benchmarks.searching DATA_DIR ARTICLES [DATABASE_URL]`` makes them on a new site and prints an ``Asked`` for
each kind of request.
"""

import itertools
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import django
import msgspec
from many_articles import make
from postgres_server import PostgresServer

from benchmarks.child import measured_by, print_answer, say
from benchmarks.report import Figure

GOAL_MS = 100.0
TIMES = 50
_networks = itertools.count()
# Words of the demo's articles: of all made articles, of some, of none; in all the ways in which people type them.
SEARCHES = (
    "doanh nghiệp",
    "DOANH NGHIEP",
    "công nghiệp",
    "xe bán hàng lưu động",
    "hạ tầng",
    "điện",
    "các",
    "thủ tục hành chính",
    "khong co tu nay",
    "thidua",
)
KINDS: dict[str, tuple[str, ...]] = {
    "search": tuple(f"/tim-kiem/?q={words}" for words in SEARCHES),
    "search, filtered": tuple(f"/tim-kiem/?q={words}&loai=newspage&tu=2025-06-01&page=3" for words in SEARCHES),
    "suggestions": tuple(
        f"/tim-kiem/goi-y.json?q={words}" for words in ("d", "doanh ng", "cong", "xe ban ha", "khong")
    ),
    "home": ("/",),
    "news list": ("/tin-tuc/", "/tin-tuc/?page=1000"),
    "topic": ("/chuyen-muc/cong-nghiep/", "/chuyen-muc/cong-nghiep/?page=50"),
    "article": ("/tin-tuc/{article}/",),
    "feed": ("/rss.xml", "/chuyen-muc/cong-nghiep/atom.xml"),
    "sitemap": ("/sitemap.xml",),
    "admin, explorer": ("/admin/pages/{index}/", "/admin/pages/{index}/?p=300"),
    "admin, search": tuple(f"/admin/pages/search/?q={words}" for words in SEARCHES),
    "admin, chooser": ("/admin/choose-page/search/?q=doanh nghiep",),
}


class Asked(msgspec.Struct, frozen=True):
    """``p50``, ``p99``: milliseconds of TIMES requests."""

    name: str
    p50: float
    p99: float


def measure_search(directory: Path, *, articles: int) -> list[Figure]:
    directory.mkdir(parents=True)
    say(f"search: {articles:,} articles on SQLite")
    found = [("SQLite", measured_by("searching", directory / "sqlite", articles, answer=list[Asked]))]
    with PostgresServer(directory / "server") as server:
        say(f"search: {articles:,} articles on PostgreSQL")
        postgresql = measured_by("searching", directory / "postgresql", articles, server.url, answer=list[Asked])
        found.append(("PostgreSQL", postgresql))
    return [
        Figure(
            name=f"{asked.name}, {articles:,} articles, {database}: p99 (p50 {asked.p50:.0f})",
            value=asked.p99,
            unit="ms",
            goal=f"< {GOAL_MS:.0f}" if asked.name.startswith("search") else "",
            met=asked.p99 < GOAL_MS if asked.name.startswith("search") else None,
        )
        for database, kinds in found
        for asked in kinds
    ]


def ask_all() -> list[Asked]:
    """Django must be set up."""
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.test import Client

    from cms.news.models import NewsIndexPage, NewsPage

    client = Client(headers={"host": "localhost"})
    client.force_login(get_user_model()._default_manager.get(username="admin"), settings.AUTHENTICATION_BACKENDS[0])
    public = Client(headers={"host": "localhost"})
    names = {"index": NewsIndexPage.objects.get().pk, "article": NewsPage.objects.live().order_by("pk")[500].slug}
    found = []
    for name, paths in KINDS.items():
        who = client if name.startswith("admin") else public
        addresses = [path.format(**names) for path in paths]
        for address in addresses:
            _ask(who, address)  # makes the pictures
        times = sorted(_ask(who, addresses[turn % len(addresses)]) for turn in range(TIMES))
        found.append(Asked(name, statistics.median(times), times[int(0.99 * (len(times) - 1))]))
    return found


def _ask(client: Any, address: str) -> float:
    network = f"198.18.{next(_networks) % 65_536 // 256}.{next(_networks) % 256}"  # one network may not ask so much
    began = time.perf_counter()
    response = client.get(address, REMOTE_ADDR=network)
    if response.status_code != 200:
        raise RuntimeError(f"{address}: {response.status_code} {response.get('Location', '')}")
    return 1000 * (time.perf_counter() - began)


def main() -> None:
    os.environ |= {
        "NHIP_DATA_DIR": sys.argv[1],
        "DJANGO_SETTINGS_MODULE": "cms.settings.embedded",
        "NHIP_ADMIN_PASSWORD": "mat-khau-de-do-luong",
        "NHIP_SECOND_FACTOR_DAYS": "never",
    }
    if sys.argv[3:]:
        os.environ["DATABASE_URL"] = sys.argv[3]
    from cms.runtime.first_start import prepare_site

    stdout, sys.stdout = sys.stdout, sys.stderr
    prepare_site()
    django.setup()
    make(int(sys.argv[2]))
    sys.stdout = stdout
    print_answer(ask_all())


if __name__ == "__main__":
    main()
