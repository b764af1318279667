"""The one way to the engine, embedded or a server: clickhouse-connect behind the pipeline's own errors."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import clickhouse_connect
from clickhouse_connect.driver.client import Client as ConnectClient
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError

from pipeline.errors import PipelineError, Rejected, Unavailable

DATABASE = "nhip"

# ClickHouse's error codes after which the same statement may succeed later.
RETRIABLE_CODES = {
    159,  # TIMEOUT_EXCEEDED
    164,  # READONLY: a replica that has lost its keeper
    202,  # TOO_MANY_SIMULTANEOUS_QUERIES
    209,  # SOCKET_TIMEOUT
    210,  # NETWORK_ERROR
    241,  # MEMORY_LIMIT_EXCEEDED
    242,  # TABLE_IS_READ_ONLY
    243,  # NOT_ENOUGH_SPACE
    252,  # TOO_MANY_PARTS
    319,  # UNKNOWN_STATUS_OF_INSERT
    425,  # SYSTEM_ERROR
    999,  # KEEPER_EXCEPTION
}

INSERT_SETTINGS = {
    "async_insert": 0,
    "deduplicate_blocks_in_dependent_materialized_views": 1,
    "insert_deduplicate": 1,
    # Times come from the log's lines; a batch of odd ones must not be refused for touching many months.
    "max_partitions_per_insert_block": 0,
}

# Small questions asked often: compiling an expression costs more than computing it, and a log of them is of no use.
SESSION_SETTINGS = {"compile_expressions": 0, "compile_aggregate_expressions": 0, "log_queries": 0}

Columns = Mapping[str, Sequence[Any]]


class ClickHouse:
    """A connection of one thread; open another for another thread. Every method raises Unavailable or Rejected."""

    def __init__(self, connection: ConnectClient) -> None:
        self._connection = connection

    def query(self, statement: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Rows of a SELECT whose parameters stand as ``{name:Type}``."""
        with _faults():
            result = self._connection.query(statement, parameters=dict(parameters or {}))
        return [tuple(row) for row in result.result_rows]

    def command(self, statement: str) -> None:
        """Run one statement that returns nothing."""
        with _faults():
            self._connection.command(statement)

    def insert(self, table: str, columns: Columns, *, types: Sequence[str], token: str) -> None:
        """Insert equally long ``columns`` as one block, once per ``token``: a repeat changes no table and no view.

        The same token must always come with the same data; ClickHouse drops a repeat without comparing it.
        """
        with _faults():
            self._connection.insert(
                table,
                list(columns.values()),
                column_names=list(columns),
                column_type_names=list(types),
                column_oriented=True,
                settings={**INSERT_SETTINGS, "insert_deduplication_token": token},
            )

    def warm_up(self) -> None:
        """Make a process's first insert, which loads a second's worth of modules, before a view has to wait for it."""
        self.command("CREATE TABLE IF NOT EXISTS warm_up (nothing UInt8) ENGINE = Null")
        self.insert("warm_up", {"nothing": [0]}, types=["UInt8"], token="warm-up")

    def close(self) -> None:
        self._connection.close()


def open_embedded(directory: Path, *, database: str = DATABASE) -> ClickHouse:
    """A connection to the engine inside this process. One process at a time may open ``directory``."""
    with _faults():
        directory.mkdir(parents=True, exist_ok=True)
        first = clickhouse_connect.get_client(interface="chdb", path=str(directory))
        first.command(f"CREATE DATABASE IF NOT EXISTS {database}")
        connection = clickhouse_connect.get_client(
            interface="chdb",
            path=str(directory),
            database=database,
            tz_mode="aware",
            settings=SESSION_SETTINGS,
        )
        first.close()
    return ClickHouse(connection)


class Reconnecting:
    """Gives one thread its connection, opened at first need, so that an absent engine is a fault of the call alone."""

    def __init__(self, connect: Callable[[], ClickHouse]) -> None:
        self._connect = connect
        self._client: ClickHouse | None = None

    def __call__(self) -> ClickHouse:
        """Raises Unavailable while the engine can't be reached."""
        if self._client is None:
            self._client = self._connect()
        return self._client

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


@contextmanager
def _faults() -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        raise _translate(error) from error
    except (ClickHouseError, OSError, RuntimeError) as error:
        raise Unavailable(f"ClickHouse does not answer: {error}") from error


def _translate(error: DatabaseError) -> PipelineError:
    code = getattr(error, "code", None)
    kind = Unavailable if code is None or code in RETRIABLE_CODES else Rejected
    return kind(str(error).split("\n", 1)[0])
