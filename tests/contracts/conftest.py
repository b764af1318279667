"""The brokers and engines that the contract suites run against."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from broker_kit import BrokerKit, OpenKafka, OpenSqlite
from clickhouse_http import ClickHouseServer
from fresh_database import Connect, copy_migrated, fresh_database
from in_memory import in_memory

from pipeline.clickhouse.client import ClickHouse, open_server
from pipeline.settings import ClickHouseSettings

BROKERS = ["sqlite", "kafka"]
ENGINES = ["chdb", "http"]

_numbers = itertools.count()


@pytest.fixture(params=BROKERS)
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BrokerKit]:
    """A log whose session outlasts any test."""
    yield from _open_log(request, tmp_path, session_seconds=120.0)


@pytest.fixture(params=BROKERS)
def impatient_log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BrokerKit]:
    """A log with the shortest session that its broker allows."""
    yield from _open_log(request, tmp_path, session_seconds=0.5 if request.param == "sqlite" else 2.0)


def _open_log(request: pytest.FixtureRequest, directory: Path, *, session_seconds: float) -> Iterator[BrokerKit]:
    connect: OpenKafka | OpenSqlite
    if request.param == "kafka":
        connect = OpenKafka(request.getfixturevalue("kafka").bootstrap, session_seconds)
    else:
        connect = OpenSqlite(directory / "log", session_seconds)
    kit = BrokerKit(connect, session_seconds, f"topic-{next(_numbers)}")
    yield kit
    kit.close()


@pytest.fixture(scope="session")
def clickhouse_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseServer]:
    """One server for all tests; each has its own database."""
    with (
        in_memory(tmp_path_factory.mktemp("clickhouse")) as directory,
        ClickHouseServer(directory / "data") as server,
    ):
        yield server


@pytest.fixture(params=ENGINES)
def connect(request: pytest.FixtureRequest) -> Iterator[Connect]:
    """Opens connections to one fresh database."""
    migrated = "migrated" in request.fixturenames
    if request.param == "chdb":
        with fresh_database(request.getfixturevalue("embedded_directory"), migrated=migrated) as connect:
            yield connect
    else:
        yield from _connect_to(request.getfixturevalue("clickhouse_server"), migrated=migrated)


def _connect_to(server: ClickHouseServer, *, migrated: bool) -> Iterator[Connect]:
    def connect(database: str) -> ClickHouse:
        url = server.url(database)
        return open_server(ClickHouseSettings(url=url, reader_url=url, migrator_url=url), account="migrator")

    database = f"contract_{next(_numbers)}"
    if migrated:
        copy_migrated(database, connect=connect)
    with ExitStack() as opened:
        yield lambda: opened.enter_context(closing(connect(database)))


@pytest.fixture
def client(connect: Connect) -> ClickHouse:
    return connect()
