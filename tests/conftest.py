"""How the tests share workers, and the browser and the Kafka that many tests need.

With several workers (``make test``) each module is one worker's, so that what a module's fixtures start is started
once; the tests that share a server are one worker's too. The longest begin first.
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from kafka_server import KafkaServer, require_kafka
from migrated import migrate_once, migrate_postgres, migrated_file
from missing import skip_or_fail
from patience import PATIENCE
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright
from postgres_server import require_postgres
from product import Product, copy_data
from sharing import MOST_WORKERS, make_once
from xdist.scheduler.loadscope import LoadScopeScheduling

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
)
# A headless Chromium calls itself HeadlessChrome, which rightly counts as a bot.
AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
)

NewVisitor = Callable[..., BrowserContext]

# The longest first; equals keep the order of collection.
LONGEST_FIRST = (
    "tests/chaos/test_distributed.py",
    "tests/attack",
    "tests/end_to_end/test_live_counters.py",
    "tests/chaos",
    "tests/end_to_end",
    "tests/cms/test_postgresql.py",
    "tests/pipeline/clickhouse",
    "tests/pipeline/brokers",
    "tests/consumers",
    "tests/contracts",
    "tests/cms/web",
)
# The tests of several modules that share a server, by what their ids have.
SHARED_SERVERS = {
    "stack": re.compile(r"end_to_end/test_outages\.py|[\[-]distributed\]"),
    "kafka": re.compile(r"brokers/kafka/test_broker\.py|contracts/test_broker\.py.*[\[-]kafka[\]-]"),
}
# Tests that start processes, servers or browsers, or that repeat something many times: `make quick` leaves them out.
SLOW = (
    "tests/attack",
    "tests/chaos",
    "tests/end_to_end",
    "tests/contracts",
    "tests/benchmarks",
    "tests/deploy",
    "tests/consumers/test_continuing",
    "tests/consumers/test_exactly_once.py",
    "tests/consumers/test_process.py",
    "tests/cms/core/changes/test_noticing.py",
    "tests/cms/core/pictures",
    "tests/cms/core/test_field_starts.py",
    "tests/cms/core/test_settings.py",
    "tests/cms/demo/test_load_demo.py",
    "tests/cms/statistics/test_reconcile.py",
    "tests/cms/test_manage.py",
    "tests/cms/test_postgresql.py",
    "tests/cms/test_queries.py",
    "tests/cms/web",
    "tests/pipeline/brokers/kafka",
    "tests/pipeline/brokers/test_full_disk.py",
    "tests/pipeline/clickhouse/test_accounts.py",
    "tests/pipeline/clickhouse/test_midnight.py",
    "tests/pipeline/clickhouse/test_migrations.py",
    "tests/pipeline/clickhouse/test_server.py",
    "tests/pipeline/clickhouse/test_recovery.py",
    "tests/pipeline/clickhouse/roll_ups",
    "tests/pipeline/operating/commands",
    "tests/pipeline/reports/test_answer.py",
    "tests/pipeline/reports/test_schema.py",
    "tests/pipeline/collecting/test_hostile_input.py",
)


def pytest_configure(config: pytest.Config) -> None:
    expect.set_options(timeout=PATIENCE * 1000)  # milliseconds
    patch = pytest.MonkeyPatch()
    config.add_cleanup(patch.undo)
    if config.pluginmanager.hasplugin("cacheprovider"):
        migrate_once(config.cache.mkdir("migrated-databases"), patch)


def pytest_sessionfinish() -> None:
    shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)  # a worker of xdist ends without the calls of atexit


def pytest_xdist_auto_num_workers() -> int:
    """For ``-n auto``: two more than there are cores, since most tests wait a good part of their time."""
    return min(len(os.sched_getaffinity(0)) + 2, MOST_WORKERS)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Generator[None, Any, Any]:
    """The product closes its files to others (umask); a test that runs it in this process leaves no trace of that."""
    umask = os.umask(0o077)
    os.umask(umask)
    try:
        return (yield)
    finally:
        os.umask(umask)


class ByServer(LoadScopeScheduling):
    """Gives a worker whole modules, and all tests that share a server."""

    def _split_scope(self, nodeid: str) -> str:
        servers = (server for server, tests in SHARED_SERVERS.items() if tests.search(nodeid))
        return next(servers, nodeid.partition("::")[0])


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByServer:
    return ByServer(config, log)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Where the slow ones are left out, they are not even imported, which would take as long as the quick ones."""
    if "not slow" not in config.option.markexpr or not collection_path.is_relative_to(config.rootpath):
        return None
    return collection_path.relative_to(config.rootpath).as_posix().startswith(SLOW) or None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _file_of(item).startswith(SLOW):
            item.add_marker(pytest.mark.slow)
    items.sort(key=_rank)


def _file_of(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


def _rank(item: pytest.Item) -> int:
    file = _file_of(item)
    return next((rank for rank, place in enumerate(LONGEST_FIRST) if file.startswith(place)), len(LONGEST_FIRST))


@pytest.fixture(scope="session")
def chromium_path() -> str:
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        skip_or_fail("no Chromium on PATH; `apt-get install chromium` would let this test run")
    return path


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaServer]:
    """One broker for all tests that leave it running; each test has its own topics and groups."""
    require_kafka()
    with KafkaServer(tmp_path_factory.mktemp("kafka")) as server:
        yield server


@pytest.fixture(scope="session")
def embedded_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the engine in this process keeps its databases: fresh_database.py."""
    return tmp_path_factory.mktemp("chdb")


@pytest.fixture(scope="session")
def first_start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory after a first start, migrated and with the demo site; tests copy it."""

    def start_once(directory: Path) -> None:
        directory.mkdir()
        product = Product(directory / "data").start()
        assert product.stop() == 0, product.output()

    return make_once(tmp_path_factory, "first-start", start_once) / "data"


@pytest.fixture
def data_dir(first_start: Path, tmp_path: Path) -> Path:
    """This test's own data directory, past its first start."""
    return copy_data(first_start, tmp_path)


@pytest.fixture(scope="session")
def migrated_sqlite(pytestconfig: pytest.Config, django_db_setup: None) -> Path:
    """The file of a migrated SQLite database; tests copy it."""
    return migrated_file(pytestconfig.cache.mkdir("migrated-databases"))


@pytest.fixture(scope="session")
def migrated_postgres(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of a PostgreSQL server with a migrated database ``nhip``; servers start from a copy."""
    require_postgres()
    return make_once(tmp_path_factory, "migrated-postgres", migrate_postgres) / "data"


@pytest.fixture(scope="module")
def chromium(chromium_path: str) -> Iterator[Browser]:
    """One Chromium a module, not one a session: Playwright's event loop counts as running in this thread, and neither
    asyncio tests nor Django's ORM work while it does."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path,
            args=[*QUIET, "--enable-features=BackForwardCache"],
            # Playwright turns these off to make tests predictable; visitors have them.
            ignore_default_args=["--disable-back-forward-cache"],
        )
        yield browser
        browser.close()


@pytest.fixture
def new_visitor(chromium: Browser) -> Iterator[NewVisitor]:
    """Makes a visitor: a fresh browser profile with the next of AGENTS; options are those of new_context."""
    agents = itertools.cycle(AGENTS)
    visitors: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        options.setdefault("user_agent", next(agents))
        visitor = chromium.new_context(locale="vi-VN", **options)
        visitor.set_default_timeout(2 * PATIENCE * 1000)  # milliseconds; a page has many parts
        visitors.append(visitor)
        return visitor

    yield make
    for visitor in visitors:
        visitor.close()
