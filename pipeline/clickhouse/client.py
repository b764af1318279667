"""The one way to the engine, embedded or a server: clickhouse-connect with the pipeline's own errors."""

import logging
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

import clickhouse_connect
from clickhouse_connect.driver.client import Client as ConnectClient
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError

from pipeline.clickhouse.columns import Columns
from pipeline.clickhouse.one_try import OneTryPool
from pipeline.errors import ConfigurationError, NoAnswer, PipelineError, Rejected, Unavailable
from pipeline.settings import ClickHouseSettings, Settings

log = logging.getLogger(__name__)

SERVICE = "ClickHouse"
DATABASE = "nhip"
BACKUPS = "backups"  # the only place of the embedded engine's BACKUP, in its own directory
CHATTY = ("clickhouse_connect", "urllib3")  # they log a traceback for each failed statement; callers log what matters

Account = Literal["writer", "reader", "migrator"]

# Error codes of ClickHouse after which the same statement may succeed later.
RETRIABLE_CODES = {
    159,  # TIMEOUT_EXCEEDED
    160,  # TOO_SLOW
    164,  # READONLY: a replica that has lost its keeper
    198,  # DNS_ERROR
    202,  # TOO_MANY_SIMULTANEOUS_QUERIES
    203,  # NO_FREE_CONNECTION
    209,  # SOCKET_TIMEOUT
    210,  # NETWORK_ERROR
    216,  # QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING
    225,  # NO_ZOOKEEPER
    236,  # ABORTED: the server is shutting down
    241,  # MEMORY_LIMIT_EXCEEDED
    242,  # TABLE_IS_READ_ONLY
    243,  # NOT_ENOUGH_SPACE
    252,  # TOO_MANY_PARTS
    279,  # ALL_CONNECTION_TRIES_FAILED
    285,  # TOO_FEW_LIVE_REPLICAS
    286,  # UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE
    319,  # UNKNOWN_STATUS_OF_INSERT
    394,  # QUERY_WAS_CANCELLED
    425,  # SYSTEM_ERROR
    999,  # KEEPER_EXCEPTION
}
# A statement went beyond what its account or its settings allow; a smaller one may pass.
BEYOND_BOUNDS = {
    158,  # TOO_MANY_ROWS
    159,  # TIMEOUT_EXCEEDED
    160,  # TOO_SLOW
    241,  # MEMORY_LIMIT_EXCEEDED
    307,  # TOO_MANY_BYTES
    396,  # TOO_MANY_ROWS_OR_BYTES
}
UNKNOWN_TABLE = 60
UNKNOWN_DATABASE = 81
AUTHENTICATION_FAILED = {192, 193, 194, 516}

INSERT_SETTINGS = {
    "async_insert": 0,
    "deduplicate_blocks_in_dependent_materialized_views": 1,
    "deduplicate_insert": "enable",  # since 26.2 it overrules insert_deduplicate
    # One block for any number of rows: a roll-up has the whole batch with its mark, or nothing of it.
    "min_insert_block_size_rows": 2**40,
    "min_insert_block_size_bytes": 0,
    # Times come from the log's lines: odd ones make a batch touch many months, which is no reason to refuse it.
    "max_partitions_per_insert_block": 0,
}

# Into a Distributed table: answer when the shard has the rows, not when this server has queued them.
CLUSTER_INSERT_SETTINGS = {"distributed_foreground_insert": 1}

# Queries are small and frequent: compiling an expression costs more than computing it, and nobody reads their log.
SESSION_SETTINGS = {"compile_expressions": 0, "compile_aggregate_expressions": 0, "log_queries": 0}

# Of a question that may read many rows, in the embedded engine; a server has the bounds of its account.
BOUNDS = {"max_execution_time": 60, "max_memory_usage": 1_000_000_000}

# Longer statements than ClickHouse takes by itself (256 KiB); it reads that setting before the statement's own.
LONG_STATEMENT = 200_000
LONGEST_STATEMENT = 16_777_216

CONNECT_SECONDS = 5.0


class ClickHouse:
    """A connection for one thread; another thread opens its own. Every method raises Unavailable or Rejected.

    ``cluster`` names the servers that tables are replicated and distributed over; empty for one server. ``address`` is
    ``host:port``, for messages; empty for the embedded engine.
    """

    def __init__(self, connection: ConnectClient, *, cluster: str = "", address: str = "") -> None:
        self._connection = connection
        self._address = address
        self._insert_settings = INSERT_SETTINGS | CLUSTER_INSERT_SETTINGS if cluster else INSERT_SETTINGS
        self.cluster = cluster

    def query(
        self, statement: str, parameters: Mapping[str, Any] | None = None, *, bounded: bool = False
    ) -> list[tuple[Any, ...]]:
        """Rows of a SELECT whose parameters are written ``{name:Type}``, times as ``DateTime64(3, 'UTC')``.

        ``bounded``: it may not take the time and the memory of the process that the engine is in.
        """
        bound = {name: _in_utc(value) for name, value in (parameters or {}).items()}
        settings: dict[str, Any] = dict(BOUNDS) if bounded and not self._address else {}
        with _faults(self._address):
            if len(statement) > LONG_STATEMENT and self._address:
                settings["max_query_size"] = LONGEST_STATEMENT
            elif len(statement) > LONG_STATEMENT:
                self._connection.command(f"SET max_query_size = {LONGEST_STATEMENT}")
            result = self._connection.query(statement, parameters=bound, settings=settings)
        return [tuple(row) for row in result.result_rows]

    def command(self, statement: str) -> None:
        """Run one statement that returns nothing."""
        with _faults(self._address):
            self._connection.command(statement)

    def insert(self, table: str, columns: Columns, *, types: Sequence[str], token: str | None, alone: str = "") -> None:
        """Insert equally long ``columns`` as one block, once per ``token``: a repeat changes no table and no view.

        The same token must always come with the same data; ClickHouse drops a repeat without comparing it. Without a
        token every insert counts. If the engine dies during an insert, a token is not enough: see recovery.py. A server
        refuses an insert (Unavailable) while it runs another with the same ``alone``.
        """
        once = {"insert_deduplication_token": token} if token else {"deduplicate_insert": "disable"}
        if alone and self._address:
            once["query_id"] = alone
        with _faults(self._address):
            self._connection.insert(
                table,
                list(columns.values()),
                column_names=list(columns),
                column_type_names=list(types),
                column_oriented=True,
                settings=self._insert_settings | once,
            )

    def close(self) -> None:
        self._connection.close_connections()
        self._connection.close()


def open_clickhouse(settings: Settings, *, account: Account) -> ClickHouse:
    """A connection for one thread, to the server that the settings name or else to the engine in this process.

    Raises Unavailable while there is no answer or no database, ConfigurationError if the account is refused.
    """
    if settings.clickhouse is None:
        return open_embedded(settings.engine_dir)
    return open_server(settings.clickhouse, account=account)


def open_embedded(directory: Path, *, database: str = DATABASE) -> ClickHouse:
    """A connection to the engine inside this process. One process at a time may open ``directory``."""
    with _faults():
        directory.mkdir(parents=True, exist_ok=True)
        path = f"{directory}?backups.allowed_path={BACKUPS}"
        first = clickhouse_connect.get_client(interface="chdb", path=path)
        first.command(f"CREATE DATABASE IF NOT EXISTS {database}")
        connection = clickhouse_connect.get_client(
            interface="chdb",
            path=path,
            database=database,
            tz_mode="aware",
            settings=SESSION_SETTINGS,
        )
        first.close()
    return ClickHouse(connection)


def open_server(server: ClickHouseSettings, *, account: Account) -> ClickHouse:
    """A connection over HTTP, for one thread. The migrator makes the database if there is none."""
    variable, url = address_of(server, account)
    database = urlsplit(url).path.strip("/")
    host = host_of(url)
    with _server_faults(variable, host, database):
        if account == "migrator":
            first = _connect(url, server, database="default")
            on_cluster = f" ON CLUSTER '{server.cluster}'" if server.cluster else ""
            first.command(f"CREATE DATABASE IF NOT EXISTS `{database}`{on_cluster}")
            first.close_connections()
        connection = _connect(url, server, database=database)
    return ClickHouse(connection, cluster=server.cluster, address=host)


class Reconnecting:
    """One thread's connection, opened by the first call, so that an engine that is away fails that call alone."""

    def __init__(self, connect: Callable[[], ClickHouse]) -> None:
        self._connect = connect
        self._client: ClickHouse | None = None

    def __call__(self) -> ClickHouse:
        """Raises Unavailable while the engine can't be reached. A connection works again when its server returns."""
        if self._client is None:
            self._client = self._connect()
        return self._client

    def warm_up(self) -> None:
        """Make a process's first insert, which loads code for two seconds, before a view has to wait for it.

        If the engine is away, the first view has to wait. Raises ConfigurationError if the account is refused.
        """
        try:
            self().insert("warm_up", {"nothing": [0]}, types=["UInt8"], token="warm-up")
        except (Unavailable, Rejected) as error:
            log.warning("ClickHouse takes nothing yet, trying again with the first view: %s", error)

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


def is_beyond_bounds(error: PipelineError) -> bool:
    """Whether the engine ended a statement because it took too much memory or time, or read too much."""
    return getattr(error.__cause__, "code", None) in BEYOND_BOUNDS


def is_unknown_table(error: PipelineError) -> bool:
    return getattr(error.__cause__, "code", None) == UNKNOWN_TABLE


def address_of(server: ClickHouseSettings, account: Account) -> tuple[str, str]:
    """The variable that holds the URL of ``account``, and the URL: its own, or else the writer's."""
    variable, url = {
        "writer": ("NHIP_CLICKHOUSE_URL", server.url),
        "reader": ("NHIP_CLICKHOUSE_READER_URL", server.reader_url),
        "migrator": ("NHIP_CLICKHOUSE_MIGRATOR_URL", server.migrator_url),
    }[account]
    return ("NHIP_CLICKHOUSE_URL" if url == server.url else variable), url


def host_of(url: str) -> str:
    """``host:port`` of a URL, without the user and the password."""
    return urlsplit(url).netloc.rpartition("@")[2]


def _connect(url: str, server: ClickHouseSettings, *, database: str) -> ConnectClient:
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    parts = urlsplit(url)
    connect_seconds = min(CONNECT_SECONDS, server.timeout_seconds)
    pool = OneTryPool(ca_file=server.ca_file, connect_seconds=connect_seconds, read_seconds=server.timeout_seconds)
    try:
        return clickhouse_connect.get_client(
            interface=parts.scheme,
            host=parts.hostname,
            port=parts.port,
            username=unquote(parts.username or "default"),
            password=unquote(parts.password or ""),
            database=database,
            compress="lz4",
            tz_mode="aware",
            settings=SESSION_SETTINGS,
            # A session allows one statement at a time, and a server that restarts forgets it.
            autogenerate_session_id=False,
            show_clickhouse_errors="scrub",
            pool_mgr=pool,
        )
    except BaseException:
        pool.clear()
        raise


def _in_utc(value: Any) -> Any:
    """A time as text in UTC; clickhouse-connect would write it in the server's zone."""
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"[:-3] if isinstance(value, datetime) else value


@contextmanager
def _faults(address: str = "") -> Iterator[None]:
    try:
        yield
    except (ClickHouseError, OSError, RuntimeError) as error:
        if isinstance(error, DatabaseError) and (not address or error.code is not None):
            raise _translate(error, address) from error
        raise NoAnswer(service=SERVICE, address=address, cause=_reason(error)) from error


def _reason(error: BaseException) -> str:
    """The system's words for a lost or refused connection, without the libraries' around them; else the error's own."""
    system = (one.strerror for one in _causes(error) if isinstance(one, OSError) and one.strerror)
    return next(system, "") or _first_line(error)


@contextmanager
def _server_faults(variable: str, address: str, database: str) -> Iterator[None]:
    """Errors of opening a connection; one that only a person can end says how."""
    try:
        with _faults(address):
            yield
    except PipelineError as error:
        clearer = _clearer(error, variable, database)
        if clearer is None:
            raise
        clearer.service, clearer.address, clearer.cause = error.service, error.address, error.cause
        raise clearer from error


def _clearer(error: PipelineError, variable: str, database: str) -> PipelineError | None:
    code = getattr(error.__cause__, "code", None)
    if code in AUTHENTICATION_FAILED:
        return ConfigurationError(f"{variable}: ClickHouse refuses this user or password", variable=variable)
    if code == UNKNOWN_DATABASE:
        return Unavailable(f"ClickHouse has no database {database} yet; run: nhip migrate")
    if any(isinstance(one, ssl.SSLCertVerificationError) for one in _causes(error)):
        text = f"{variable}: the server's certificate is not trusted; set NHIP_CLICKHOUSE_CA_FILE ({error})"
        return ConfigurationError(text, variable=variable)
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and the errors before it, the latest first, at most ten."""
    for _ in range(10):
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__


def _translate(error: DatabaseError, address: str) -> PipelineError:
    kind = Unavailable if error.code is None or error.code in RETRIABLE_CODES else Rejected
    text = _first_line(error)
    return kind(text, service=SERVICE, address=address, cause=text)


def _first_line(error: BaseException) -> str:
    return str(error).split("\n", 1)[0]
