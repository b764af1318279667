"""Configuration of the pipeline and its consumers, parsed once; the only reader of their environment variables."""

import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from pipeline.errors import ConfigurationError
from pipeline.keys import read_or_create

T = TypeVar("T")

PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")


@dataclass(frozen=True, kw_only=True)
class KafkaSettings:
    """The cluster that is the event log, how to sign in, and how its topics are made.

    ``timeout_seconds``: how long an append may wait for the brokers before the view goes to the spool.
    ``session_seconds``: how long a silent consumer keeps its partitions.
    """

    bootstrap_servers: tuple[str, ...]
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str = "SCRAM-SHA-512"
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None
    partitions: int = 6
    replication: int = 1
    min_insync_replicas: int = 1
    retention_hours: int = 168
    timeout_seconds: float = 1.0
    session_seconds: float = 30.0


@dataclass(frozen=True, kw_only=True)
class ClickHouseSettings:
    """The server, as ``http(s)://user:password@host:port/database``: one account each to write, read and migrate.

    ``cluster`` names the servers' cluster, over which tables are then replicated and distributed; empty for one server.
    """

    url: str = field(repr=False)
    reader_url: str = field(repr=False)
    migrator_url: str = field(repr=False)
    cluster: str = ""
    ca_file: Path | None = None
    timeout_seconds: float = 30.0


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One process's view of its environment. Make it with ``from_env``; tests may build it by hand.

    Without ``kafka`` the log is embedded, without ``clickhouse`` the engine is: both live in the data directory.
    """

    data_dir: Path
    given_key: bytes = field(default=b"", repr=False)
    host: str = "127.0.0.1"
    port: int = 8000
    trusted_proxies: tuple[str, ...] = ()
    batch_rows: int = 50_000
    batch_seconds: float = 0.2
    refresh_seconds: float = 0.4
    acknowledge_seconds: float = 5.0
    live_connections: int = 2_000
    spool_megabytes: int = 512
    member: str = "embedded"
    health_port: int = 8001
    dead_letters_in_a_row: int = 1_000
    kafka: KafkaSettings | None = None
    clickhouse: ClickHouseSettings | None = None

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Read the variables documented in README. Raises ConfigurationError naming the one that is wrong."""
        data_dir = _read(environ, "NHIP_DATA_DIR", _path, default="var")
        return cls(
            data_dir=data_dir,
            given_key=_read(environ, "NHIP_BEACON_KEY", _key, default=""),
            host=_read(environ, "NHIP_HOST", _text, default="127.0.0.1"),
            port=_read(environ, "PORT", _port, default="8000"),
            trusted_proxies=_read(environ, "NHIP_TRUSTED_PROXIES", _networks, default=""),
            batch_rows=_read(environ, "NHIP_BATCH_ROWS", _positive_int, default="50000"),
            batch_seconds=_read(environ, "NHIP_BATCH_SECONDS", _positive_float, default="0.2"),
            refresh_seconds=_read(environ, "NHIP_REFRESH_SECONDS", _positive_float, default="0.4"),
            acknowledge_seconds=_read(environ, "NHIP_ACKNOWLEDGE_SECONDS", _positive_float, default="5"),
            live_connections=_read(environ, "NHIP_LIVE_CONNECTIONS", _positive_int, default="2000"),
            spool_megabytes=_read(environ, "NHIP_SPOOL_MEGABYTES", _positive_int, default="512"),
            member=_read(environ, "NHIP_MEMBER", _name, default=socket.gethostname()),
            health_port=_read(environ, "NHIP_HEALTH_PORT", _port, default="8001"),
            dead_letters_in_a_row=_read(environ, "NHIP_DEAD_LETTERS_IN_A_ROW", _positive_int, default="1000"),
            kafka=_kafka(environ),
            clickhouse=_clickhouse(environ),
        )

    def servers(self) -> tuple[KafkaSettings, ClickHouseSettings]:
        """Kafka's and ClickHouse's, for a process that wants both. Raises ConfigurationError naming what is missing."""
        if self.kafka is None or self.clickhouse is None:
            missing = "NHIP_CLICKHOUSE_URL" if self.kafka else "NHIP_KAFKA_BOOTSTRAP_SERVERS"
            raise ConfigurationError(
                f"{missing}: this process needs it; to run everything in one process, without servers: python -m cms"
            )
        return self.kafka, self.clickhouse

    def check_shared_key(self) -> None:
        """Collectors refuse the pages of another key than theirs. Raises ConfigurationError when none is given."""
        if not self.given_key:
            raise ConfigurationError(
                "NHIP_BEACON_KEY: give all web processes and collectors the same: openssl rand -hex 32"
            )

    @property
    def beacon_key(self) -> bytes:
        """Signs page tokens: the one given, else one made at first need and kept. Raises DataDirectoryError."""
        return self.given_key or read_or_create(self.data_dir / "beacon.key")

    @property
    def log_dir(self) -> Path:
        """The embedded event log."""
        return self.data_dir / "log"

    @property
    def spool_dir(self) -> Path:
        """Views that were acknowledged while Kafka was away; one process at a time."""
        return self.data_dir / "spool"

    @property
    def engine_dir(self) -> Path:
        """chDB's data; one process at a time."""
        return self.data_dir / "clickhouse"

    @property
    def snapshot_file(self) -> Path:
        """The last counters read, shown while the engine does not answer."""
        return self.data_dir / "counters.json"


def _kafka(environ: Mapping[str, str]) -> KafkaSettings | None:
    servers = _read(environ, "NHIP_KAFKA_BOOTSTRAP_SERVERS", _servers, default="")
    if not servers:
        return None
    kafka = KafkaSettings(
        bootstrap_servers=servers,
        security_protocol=_read(environ, "NHIP_KAFKA_SECURITY_PROTOCOL", _one_of(PROTOCOLS), default="PLAINTEXT"),
        sasl_mechanism=_read(environ, "NHIP_KAFKA_SASL_MECHANISM", _one_of(MECHANISMS), default="SCRAM-SHA-512"),
        username=_read(environ, "NHIP_KAFKA_USERNAME", _text, default=""),
        password=_read(environ, "NHIP_KAFKA_PASSWORD", _text, default=""),
        ca_file=_read(environ, "NHIP_KAFKA_CA_FILE", _file, default=""),
        certificate_file=_read(environ, "NHIP_KAFKA_CERTIFICATE_FILE", _file, default=""),
        key_file=_read(environ, "NHIP_KAFKA_KEY_FILE", _file, default=""),
        partitions=_read(environ, "NHIP_KAFKA_PARTITIONS", _positive_int, default="6"),
        replication=_read(environ, "NHIP_KAFKA_REPLICATION", _positive_int, default="1"),
        min_insync_replicas=_read(environ, "NHIP_KAFKA_MIN_INSYNC_REPLICAS", _positive_int, default="1"),
        retention_hours=_read(environ, "NHIP_KAFKA_RETENTION_HOURS", _positive_int, default="168"),
        timeout_seconds=_read(environ, "NHIP_KAFKA_TIMEOUT_SECONDS", _positive_float, default="1"),
        session_seconds=_read(environ, "NHIP_KAFKA_SESSION_SECONDS", _positive_float, default="30"),
    )
    if kafka.security_protocol.startswith("SASL") and not (kafka.username and kafka.password):
        raise ConfigurationError(
            f"NHIP_KAFKA_SECURITY_PROTOCOL={kafka.security_protocol}: "
            "set NHIP_KAFKA_USERNAME and NHIP_KAFKA_PASSWORD too"
        )
    if kafka.min_insync_replicas > kafka.replication:
        raise ConfigurationError(
            f"NHIP_KAFKA_MIN_INSYNC_REPLICAS={kafka.min_insync_replicas}: want at most NHIP_KAFKA_REPLICATION"
            f" ({kafka.replication}), else nothing can ever be written"
        )
    return kafka


def _clickhouse(environ: Mapping[str, str]) -> ClickHouseSettings | None:
    url = _read(environ, "NHIP_CLICKHOUSE_URL", _clickhouse_url, default="")
    if not url:
        return None
    return ClickHouseSettings(
        url=url,
        reader_url=_read(environ, "NHIP_CLICKHOUSE_READER_URL", _clickhouse_url, default=url),
        migrator_url=_read(environ, "NHIP_CLICKHOUSE_MIGRATOR_URL", _clickhouse_url, default=url),
        cluster=_read(environ, "NHIP_CLICKHOUSE_CLUSTER", _name, default=""),
        ca_file=_read(environ, "NHIP_CLICKHOUSE_CA_FILE", _file, default=""),
        timeout_seconds=_read(environ, "NHIP_CLICKHOUSE_TIMEOUT_SECONDS", _positive_float, default="30"),
    )


def _read(environ: Mapping[str, str], name: str, parse: Callable[[str], T], *, default: str) -> T:
    text = environ.get(name, default)
    if name in environ and not text.strip():
        raise ConfigurationError(f"{name} is set but empty; give it a value or unset it")
    try:
        return parse(text.strip())
    except ValueError as error:
        raise ConfigurationError(f"{name}={_shown(name, text)}: {error}") from error


def _shown(name: str, text: str) -> str:
    """A secret that is nearly right must not reach a log; a URL may hold one."""
    return "(hidden)" if name.endswith(("_KEY", "_PASSWORD", "_URL")) else repr(text)


def _path(text: str) -> Path:
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError as error:
        raise ValueError(str(error)) from error


def _text(text: str) -> str:
    return text


def _file(text: str) -> Path | None:
    if not text:
        return None
    path = _path(text)
    if not path.is_file():
        raise ValueError("want a file that exists")
    return path


def _name(text: str) -> str:
    if not all(character.isalnum() or character in "._-" for character in text):
        raise ValueError("want letters, digits, dots, underscores and hyphens")
    return text


def _one_of(names: tuple[str, ...]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in names:
            raise ValueError(f"want one of {', '.join(names)}")
        return text

    return parse


def _servers(text: str) -> tuple[str, ...]:
    """Comma-separated host:port."""
    servers = tuple(part.strip() for part in text.split(",")) if text else ()
    for server in servers:
        host, _, port = server.rpartition(":")
        if not host or not port.isdigit():
            raise ValueError("want host:port, several separated by commas, such as kafka-1:9092,kafka-2:9092")
    return servers


def _clickhouse_url(text: str) -> str:
    if not text:
        return ""
    parts = urlsplit(text)
    wants = "want a URL such as http://user:password@host:8123/nhip, or https:// with port 8443"
    if parts.scheme not in ("http", "https") or not parts.hostname or not parts.port or not parts.path.strip("/"):
        raise ValueError(wants)
    _name(parts.path.strip("/"))
    return text


def _key(text: str) -> bytes:
    if not text:
        return b""
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if not 16 <= len(key) <= 64:
        raise ValueError("want 16 to 64 bytes as hexadecimal, such as the output of: openssl rand -hex 32")
    return key


def _port(text: str) -> int:
    return _number(text, int, wants="want a port number from 1 to 65535", low=1, high=65_535)


def _positive_int(text: str) -> int:
    return _number(text, int, wants="want a whole number from 1 up", low=1, high=10**9)


def _positive_float(text: str) -> float:
    return _number(text, float, wants="want a number of seconds above 0", low=0.001, high=86_400.0)


N = TypeVar("N", int, float)


def _number(text: str, kind: type[N], *, wants: str, low: N, high: N) -> N:
    try:
        number = kind(text)
    except ValueError:
        raise ValueError(wants) from None
    if not low <= number <= high:
        raise ValueError(wants)
    return number


def _networks(text: str) -> tuple[str, ...]:
    """Comma-separated addresses or networks of the proxies whose X-Forwarded-For is believed."""
    networks = tuple(part.strip() for part in text.split(",")) if text else ()
    for network in networks:
        ip_network(network, strict=False)
    return networks
