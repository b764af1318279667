"""The brokers and engines that the contract suites run against."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from broker_kit import BrokerKit, OpenKafka, OpenSqlite
from clickhouse_http import ClickHouseServer

from pipeline.clickhouse.client import ClickHouse, open_embedded, open_server
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
def embedded_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """chDB's directory: a process has one open at a time, so every test makes its own database there and closes it."""
    return tmp_path_factory.mktemp("chdb")


@pytest.fixture(scope="session")
def clickhouse_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseServer]:
    """One server for all tests; each has its own database."""
    with ClickHouseServer(tmp_path_factory.mktemp("clickhouse") / "data") as server:
        yield server


@pytest.fixture(params=ENGINES)
def connect(request: pytest.FixtureRequest) -> Iterator[Callable[[], ClickHouse]]:
    """Opens connections to one fresh database."""
    database = f"contract_{next(_numbers)}"
    opened: list[ClickHouse] = []
    if request.param == "chdb":
        directory = request.getfixturevalue("embedded_directory")
    else:
        url = request.getfixturevalue("clickhouse_server").url(database)
        server = ClickHouseSettings(url=url, reader_url=url, migrator_url=url)

    def connect() -> ClickHouse:
        if request.param == "chdb":
            opened.append(open_embedded(directory, database=database))
        else:
            opened.append(open_server(server, account="migrator"))
        return opened[-1]

    yield connect
    for client in opened:
        client.close()


@pytest.fixture
def client(connect: Callable[[], ClickHouse]) -> ClickHouse:
    return connect()
