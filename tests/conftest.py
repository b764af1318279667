"""How the tests share workers, and the browser and the Kafka that many tests need.

With several workers (``make test``) each module is one worker's, so that what a module's fixtures start is started
once; the tests that share a server are one worker's too. The longest begin first.
"""

from __future__ import annotations

import gc
import itertools
import logging
import os
import re
import shutil
from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from browsers import find_chromium
from django.conf import settings
from fresh_database import make_migrated_engine
from in_memory import in_memory
from kafka_server import KafkaServer, require_kafka
from last_words import last_words
from migrated import copy_migrated_postgres, migrate_once, migrated_file
from missing import skip_or_fail
from patience import PATIENCE
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Playwright, expect, sync_playwright
from postgres_server import require_postgres
from product import WITH_KEPT_PICTURES, Product, copy_data
from sharing import MOST_WORKERS, WORKER_VARIABLE, end_unused, make_once, until_its_last_test
from thorough import LEFT_OUT, THOROUGH, are_left_out
from xdist.scheduler.loadscope import LoadScopeScheduling

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

# As gc.set_threshold takes them: objects since the last look at the young, looks until one at the middle, at all.
RARELY_COLLECTED = (20_000, 20, 50)

NewVisitor = Callable[..., BrowserContext]
log = logging.getLogger("chromium")

# The longest first; equals keep the order of collection.
LONGEST_FIRST = (
    "tests/chaos/test_distributed.py",
    "tests/attack",
    "tests/end_to_end/test_webhooks_of_two_processes.py",
    "tests/end_to_end/test_live_counters.py",
    "tests/end_to_end/test_editing.py",
    "tests/end_to_end/test_admin_for_everybody.py",
    "tests/end_to_end/test_page_memory.py",
    "tests/chaos",
    "tests/end_to_end",
    "tests/cms/test_postgresql.py",
    "tests/pipeline/clickhouse",
    "tests/pipeline/brokers",
    "tests/consumers",
    "tests/contracts",
    "tests/cms/web",
)
# Of the quick ones the longest, which migrates the database if nobody has, and meanwhile those that need none.
QUICK_ORDER = ("tests/cms/search/test_search.py", "tests/pipeline", "tests/consumers")
# The tests of several modules that share a server, by what their ids have: all tests that have the fixture of its name.
SHARED_SERVERS = {
    "stack": re.compile(r"end_to_end/test_outages\.py|[\[-]distributed\]"),
    "kafka": re.compile(
        r"announcing/test_topic\.py|brokers/kafka/test_broker\.py|contracts/test_broker\.py.*[\[-]kafka[\]-]"
        r"|consumers/test_continuing_on_kafka\.py"
    ),
}
# Modules whose tests share nothing and take long: each of these tests may have a worker of its own.
APART = ("tests/cms/test_postgresql.py",)
# Tests that start processes, servers or browsers, that repeat something many times, or that try all there is of
# something: `make quick` leaves them out. So are those of the plugin, which has them alone in half a minute.
SLOW = (
    "plugins",
    "tests/attack",
    "tests/chaos",
    "tests/end_to_end",
    "tests/contracts",
    "tests/benchmarks",
    "tests/deploy",
    "tests/consumers/test_continuing",
    "tests/consumers/test_exactly_once.py",
    "tests/consumers/test_process.py",
    "tests/consumers/test_runner.py::test_the_real_engine",
    "tests/cms/accounts/test_limits.py",
    "tests/cms/announcing/test_noticing.py",
    "tests/cms/announcing/test_postgresql.py",
    "tests/cms/announcing/test_topic.py",
    "tests/cms/announcing/test_triggers.py",
    "tests/cms/api/test_any_question.py",
    "tests/cms/api/test_blocks.py",
    "tests/cms/api/test_changes.py",
    "tests/cms/api/test_hidden.py",
    "tests/cms/api/test_hidden_v3.py",
    "tests/cms/api/test_many_pages.py",
    "tests/cms/api/test_pictures.py",
    "tests/cms/api/test_preview.py",
    "tests/cms/api/test_queries.py",
    "tests/cms/api/test_schema.py",
    "tests/cms/api/test_wagtail_v3.py",
    "tests/cms/core/changes/test_noticing.py",
    "tests/cms/core/pictures",
    "tests/cms/core/test_field_starts.py",
    "tests/cms/core/test_pages.py",
    "tests/cms/core/test_picture_tags.py",
    "tests/cms/core/test_settings.py",
    "tests/cms/demo/test_load_demo.py",
    "tests/cms/found",
    "tests/cms/locale/test_no_english.py",
    "tests/cms/statistics/reports/test_api.py",
    "tests/cms/statistics/reports/test_around_pages.py",
    "tests/cms/statistics/reports/test_screens.py",
    "tests/cms/statistics/test_reconcile.py",
    "tests/cms/test_manage.py",
    "tests/cms/test_postgresql.py",
    "tests/cms/test_queries.py",
    "tests/cms/web",
    "tests/cms/workflow/test_planned.py",
    "tests/cms/workflow/test_roles.py",
    "tests/cms/workflow/test_waiting.py",
    "tests/pipeline/brokers/kafka",
    "tests/pipeline/brokers/spool/test_machine.py",
    "tests/pipeline/brokers/test_full_disk.py",
    "tests/pipeline/clickhouse/roll_ups",
    "tests/pipeline/clickhouse/test_accounts.py",
    "tests/pipeline/clickhouse/test_counted_by_chaos.py",
    "tests/pipeline/clickhouse/test_derived.py",
    "tests/pipeline/clickhouse/test_midnight.py",
    "tests/pipeline/clickhouse/test_migrations.py",
    "tests/pipeline/clickhouse/test_read_now.py",
    "tests/pipeline/clickhouse/test_recovery.py",
    "tests/pipeline/clickhouse/test_server.py",
    "tests/pipeline/collecting/enrich/test_judges.py",
    "tests/pipeline/collecting/test_hostile_input.py",
    "tests/pipeline/operating/commands",
    "tests/pipeline/reports/test_answer.py",
    "tests/pipeline/reports/test_openapi.py",
    "tests/pipeline/reports/test_schema.py",
    "tests/pipeline/reports/test_year_of_reports.py",
)


def pytest_configure(config: pytest.Config) -> None:
    # On a machine with other work an example takes as long as it takes.
    patient = {"deadline": None, "suppress_health_check": [hypothesis.HealthCheck.too_slow]}
    hypothesis.settings.register_profile("patient", hypothesis.settings(), **patient)
    hypothesis.settings.load_profile("patient")
    expect.set_options(timeout=PATIENCE * 1000)  # milliseconds
    patch = pytest.MonkeyPatch()
    config.add_cleanup(patch.undo)
    if config.pluginmanager.hasplugin("cacheprovider"):
        migrate_once(config.cache.mkdir("migrated-databases"), patch)


def pytest_sessionfinish() -> None:
    shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)  # a worker of xdist ends without the calls of atexit


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """For ``-n auto``: two more than there are cores, since most tests wait a good part of their time. The quick ones
    do not wait, and each worker's start takes eight seconds of processor time."""
    return min(len(os.sched_getaffinity(0)) + (0 if _is_quick(config) else 2), MOST_WORKERS)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Generator[None, Any, Any]:
    """The product closes its files to others (umask); a test that runs it in this process leaves no trace of that."""
    umask = os.umask(0o077)
    os.umask(umask)
    try:
        return (yield)
    finally:
        os.umask(umask)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, Any, Any]:
    """A worker has all tests of a shared server, one after the other: after the last of them it needs the server no
    more."""
    result = yield
    server = shared_server_of(item.nodeid)
    if server and WORKER_VARIABLE in os.environ and (nextitem is None or shared_server_of(nextitem.nodeid) != server):
        end_unused(server)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """A failure that comes once in a hundred runs is not seen again: it says at once what the processes said."""
    report = yield
    directory = getattr(item, "funcargs", {}).get("tmp_path")
    if report.failed and directory is not None:
        report.sections += last_words(directory)
    return report


class ByServer(LoadScopeScheduling):
    """Gives a worker whole modules, but for those whose tests are apart, and all tests that share a server."""

    def _split_scope(self, nodeid: str) -> str:
        return shared_server_of(nodeid) or (nodeid if nodeid.startswith(APART) else nodeid.partition("::")[0])


def shared_server_of(nodeid: str) -> str:
    """The server that this test shares with those of other modules; "" for none."""
    return next((server for server, tests in SHARED_SERVERS.items() if tests.search(nodeid)), "")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByServer:
    return ByServer(config, log)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Where the slow ones are left out, they are not even imported, which would take as long as the quick ones."""
    if not _is_quick(config) or not collection_path.is_relative_to(config.rootpath):
        return None
    return collection_path.relative_to(config.rootpath).as_posix().startswith(SLOW) or None


def pytest_collection_finish() -> None:
    """What is imported by now stays; looking through it again and again took a tenth of the quick tests' time. What
    the first requests load stays too: looking through all that took another tenth, and is made rare."""
    gc.freeze()
    gc.set_threshold(*RARELY_COLLECTED)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    order = QUICK_ORDER if _is_quick(config) else LONGEST_FIRST
    for item in items:
        if item.nodeid.startswith(SLOW):
            item.add_marker(pytest.mark.slow)
        if item.nodeid.startswith(tuple(THOROUGH)):
            item.add_marker(pytest.mark.thorough)
    items.sort(key=lambda item: _rank(item, order))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("thorough") and are_left_out(item.config):
        pytest.skip(LEFT_OUT)


def _is_quick(config: pytest.Config) -> bool:
    return "not slow" in config.option.markexpr


def _file_of(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


def _rank(item: pytest.Item, order: Sequence[str]) -> int:
    file = _file_of(item)
    return next((rank for rank, place in enumerate(order) if file.startswith(place)), len(order))


@pytest.fixture(scope="session")
def chromium_path() -> str:
    return _require_chromium()


@pytest.fixture(scope="session")
def whole_chromium_path() -> str:
    return _require_chromium(whole=True)


def _require_chromium(*, whole: bool = False) -> str:
    path = find_chromium(whole=whole)
    if path is None:
        skip_or_fail("no Chromium on PATH; `apt-get install chromium` would let this test run")
    return path


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaServer]:
    """One broker for all tests that leave it running; each test has its own topics and groups."""
    require_kafka()
    with KafkaServer(tmp_path_factory.mktemp("kafka")) as server, until_its_last_test("kafka", server.stop):
        yield server


@pytest.fixture(scope="session")
def embedded_directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the engine in this process keeps its databases: fresh_database.py."""
    with in_memory(tmp_path_factory.mktemp("chdb")) as directory:
        yield directory


@pytest.fixture(scope="session")
def migrated_engine(embedded_directory: Path) -> Path:
    """A closed engine with every table, to be copied: fresh_database.py."""
    return make_migrated_engine(embedded_directory)


@pytest.fixture(scope="session")
def first_start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory after a first start, migrated and with the demo site, of which every page has been seen once,
    so that its pictures are made; tests copy it."""

    def start_once(directory: Path) -> None:
        directory.mkdir()
        product = Product(directory / "data", program=(WITH_KEPT_PICTURES,)).start()
        product.see_every_page()
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
def migrated_postgres(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of a PostgreSQL server with a migrated database ``nhip``; servers start from a copy."""
    require_postgres()
    kept = pytestconfig.cache.mkdir("migrated-databases") / "postgres"
    return make_once(tmp_path_factory, "migrated-postgres", partial(copy_migrated_postgres, kept)) / "data"


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """One a module, not one a session: its event loop counts as running in this thread, and neither asyncio tests nor
    Django's ORM work while it does."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def chromium(chromium_path: str, playwright: Playwright) -> Iterator[Browser]:
    with _launch(playwright, chromium_path) as browser:
        yield browser


@pytest.fixture(scope="module")
def whole_chromium(whole_chromium_path: str, playwright: Playwright) -> Iterator[Browser]:
    with _launch(playwright, whole_chromium_path) as browser:
        yield browser


def _launch(playwright: Playwright, path: str) -> Browser:
    return playwright.chromium.launch(
        executable_path=path,
        args=[*QUIET, "--enable-features=BackForwardCache"],
        # Playwright turns these off to make tests predictable; visitors have them.
        ignore_default_args=["--disable-back-forward-cache"],
    )


@pytest.fixture
def new_visitor(request: pytest.FixtureRequest) -> Iterator[NewVisitor]:
    """Makes a visitor: a fresh browser profile with the next of AGENTS; options are those of new_context.

    Of a test that fails, pytest shows what its browsers complained of.
    """
    whole = request.node.get_closest_marker("whole_browser") is not None
    browser: Browser = request.getfixturevalue("whole_chromium" if whole else "chromium")
    agents = itertools.cycle(AGENTS)
    visitors: list[BrowserContext] = []

    def complain(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            log.warning("%s: %s", message.page.url if message.page else "", message.text)

    def make(**options: Any) -> BrowserContext:
        options.setdefault("user_agent", next(agents))
        visitor = browser.new_context(locale="vi-VN", **options)
        visitor.set_default_timeout(2 * PATIENCE * 1000)  # milliseconds; a page has many parts
        visitor.on("console", complain)
        visitor.on("weberror", lambda error: log.warning("%s", error.error))
        visitors.append(visitor)
        return visitor

    yield make
    for visitor in visitors:
        visitor.close()
