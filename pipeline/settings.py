"""Configuration of the pipeline and its consumers. A setting is declared once: field, variable, meaning and default.

README's tables are made of these declarations: ``python tools/document_settings.py``.
"""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pipeline.errors import ConfigurationError
from pipeline.keys import read_or_create
from pipeline.variables import (
    Variable,
    as_address,
    as_addresses,
    as_amount,
    as_clickhouse_url,
    as_count,
    as_file,
    as_hosts,
    as_key,
    as_name,
    as_networks,
    as_path,
    as_port,
    as_seconds,
    as_servers,
    as_text,
    as_token,
    declared,
    one_of,
    read_fields,
)

KAFKA = "NHIP_KAFKA_BOOTSTRAP_SERVERS"
CLICKHOUSE = "NHIP_CLICKHOUSE_URL"


@dataclass(frozen=True, kw_only=True)
class KafkaSettings:
    """The cluster that is the event log, how to sign in, and how its topics are made."""

    bootstrap_servers: Annotated[
        tuple[str, ...],
        Variable(
            KAFKA,
            as_servers,
            "Kafka's brokers as `host:port`, separated by commas",
            shown="none: the log is on disk",
        ),
    ]
    security_protocol: Annotated[
        str,
        Variable(
            "NHIP_KAFKA_SECURITY_PROTOCOL",
            one_of("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"),
            "or `SSL`, `SASL_PLAINTEXT`, `SASL_SSL`",
        ),
    ] = "PLAINTEXT"
    sasl_mechanism: Annotated[
        str,
        Variable(
            "NHIP_KAFKA_SASL_MECHANISM",
            one_of("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"),
            "or `SCRAM-SHA-256`, `PLAIN`",
        ),
    ] = "SCRAM-SHA-512"
    username: Annotated[str, Variable("NHIP_KAFKA_USERNAME", as_text, "needed with `SASL_…`")] = ""
    password: Annotated[str, Variable("NHIP_KAFKA_PASSWORD", as_text, "needed with `SASL_…`")] = field(
        default="", repr=False
    )
    ca_file: Annotated[
        Path | None,
        Variable("NHIP_KAFKA_CA_FILE", as_file, "authorities for the brokers' certificates", shown="the system's"),
    ] = None
    certificate_file: Annotated[
        Path | None,
        Variable("NHIP_KAFKA_CERTIFICATE_FILE", as_file, "this client's own certificate, where brokers ask for one"),
    ] = None
    key_file: Annotated[Path | None, Variable("NHIP_KAFKA_KEY_FILE", as_file, "the key of that certificate")] = None
    partitions: Annotated[
        int,
        Variable(
            "NHIP_KAFKA_PARTITIONS",
            as_count,
            "partitions of the events, made by `nhip migrate`; as many consumers can share them",
        ),
    ] = 6
    replication: Annotated[
        int, Variable("NHIP_KAFKA_REPLICATION", as_count, "copies of each partition; 3 on a cluster")
    ] = 1
    min_insync_replicas: Annotated[
        int,
        Variable(
            "NHIP_KAFKA_MIN_INSYNC_REPLICAS", as_count, "copies to be written before an acknowledgement; 2 on a cluster"
        ),
    ] = 1
    retention_hours: Annotated[
        int, Variable("NHIP_KAFKA_RETENTION_HOURS", as_count, "how long the log keeps events")
    ] = 168
    timeout_seconds: Annotated[
        float,
        Variable(
            "NHIP_KAFKA_TIMEOUT_SECONDS", as_seconds, "how long a view waits for Kafka before it goes to the spool"
        ),
    ] = 1.0
    session_seconds: Annotated[
        float, Variable("NHIP_KAFKA_SESSION_SECONDS", as_seconds, "how long a silent consumer keeps its partitions")
    ] = 30.0


@dataclass(frozen=True, kw_only=True)
class KafkaPasswords:
    """Of the accounts that `nhip kafka-accounts` makes: `nhip_` and the name of the field."""

    collector: Annotated[
        str, Variable("NHIP_KAFKA_COLLECTOR_PASSWORD", as_text, "what `nhip kafka-accounts` gives to `nhip_collector`")
    ] = field(default="", repr=False)
    consumer: Annotated[str, Variable("NHIP_KAFKA_CONSUMER_PASSWORD", as_text, "to `nhip_consumer`")] = field(
        default="", repr=False
    )
    web: Annotated[str, Variable("NHIP_KAFKA_WEB_PASSWORD", as_text, "to `nhip_web`")] = field(default="", repr=False)
    operator: Annotated[
        str, Variable("NHIP_KAFKA_OPERATOR_PASSWORD", as_text, "to `nhip_operator`, under which `nhip` commands work")
    ] = field(default="", repr=False)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> "KafkaPasswords":
        """Raises ConfigurationError naming the variable that is set but empty."""
        return cls(**read_fields(cls, environ))

    def by_account(self) -> dict[str, str]:
        """Raises ConfigurationError naming the first variable that is not set."""
        passwords = {f"nhip_{name}": getattr(self, name) for name in declared(KafkaPasswords)}
        for variable, password in zip(declared(KafkaPasswords).values(), passwords.values(), strict=True):
            if not password:
                raise ConfigurationError(
                    f"{variable.name} is not set; each account has a password of its own: openssl rand -hex 20",
                    variable=variable.name,
                )
        return passwords


@dataclass(frozen=True, kw_only=True)
class ClickHouseSettings:
    """The server, as ``http(s)://user:password@host:port/database``: one account each to write, read and migrate.

    ``cluster`` names the servers' cluster, over which tables are then replicated and distributed; empty for one server.
    """

    url: Annotated[
        str,
        Variable(
            CLICKHOUSE,
            as_clickhouse_url,
            "`http(s)://user:password@host:port/database`; this account inserts",
            shown="none: in the process",
        ),
    ] = field(repr=False)
    reader_url: Annotated[
        str,
        Variable(
            "NHIP_CLICKHOUSE_READER_URL",
            as_clickhouse_url,
            "the account that reads counters and reports",
            shown="the same",
        ),
    ] = field(repr=False)
    migrator_url: Annotated[
        str,
        Variable(
            "NHIP_CLICKHOUSE_MIGRATOR_URL",
            as_clickhouse_url,
            "the account of `nhip migrate` and `nhip rebuild`",
            shown="the same",
        ),
    ] = field(repr=False)
    cluster: Annotated[
        str,
        Variable(
            "NHIP_CLICKHOUSE_CLUSTER", as_name, "the cluster to replicate and distribute over", shown="none: one server"
        ),
    ] = ""
    ca_file: Annotated[
        Path | None,
        Variable("NHIP_CLICKHOUSE_CA_FILE", as_file, "authorities for an `https` server", shown="the system's"),
    ] = None
    timeout_seconds: Annotated[
        float,
        Variable("NHIP_CLICKHOUSE_TIMEOUT_SECONDS", as_seconds, "how long to wait for the answer to one statement"),
    ] = 30.0


@dataclass(frozen=True, kw_only=True)
class SiteNames:
    """Under which names readers know the site; its Wagtail sites may have others."""

    base_url: Annotated[
        str,
        Variable(
            "NHIP_BASE_URL",
            as_address,
            "the portal's own address: a host it answers to, and in mail",
            shown="`http://127.0.0.1:$PORT`",
        ),
    ] = ""
    allowed_hosts: Annotated[
        tuple[str, ...],
        Variable(
            "NHIP_ALLOWED_HOSTS",
            as_hosts,
            "more host names to answer to, beside `localhost` and `127.0.0.1`; by commas",
        ),
    ] = ()

    transport: Annotated[
        str,
        Variable(
            "NHIP_HSTS",
            one_of("host", "subdomains", "preload", "none"),
            "https alone (HSTS), behind TLS: for this `host`, or `subdomains`, `preload`, `none`",
        ),
    ] = "host"

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> "SiteNames":
        """Raises ConfigurationError naming the variable that is wrong."""
        return cls(**read_fields(cls, environ))

    @property
    def hosts(self) -> tuple[str, ...]:
        """As Django's ALLOWED_HOSTS."""
        host = urlsplit(self.base_url).hostname or ""
        own = f"[{host}]" if ":" in host else host
        return ("localhost", "127.0.0.1", "[::1]", *filter(None, [own]), *self.allowed_hosts)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One process's view of its environment. Make it with ``from_env``; tests may build it by hand.

    Without ``kafka`` the log is embedded, without ``clickhouse`` the engine is: both live in the data directory.
    """

    data_dir: Annotated[
        Path,
        Variable(
            "NHIP_DATA_DIR",
            as_path,
            "all that is kept: CMS database, media, log, ClickHouse, keys; one process at a time",
            unset="var",
        ),
    ]
    given_key: Annotated[
        bytes,
        Variable(
            "NHIP_BEACON_KEY",
            as_key,
            "signs page tokens; 16 to 64 bytes in hexadecimal",
            shown="made once, in `beacon.key`",
        ),
    ] = field(default=b"", repr=False)
    key_before: Annotated[
        bytes,
        Variable(
            "NHIP_PREVIOUS_BEACON_KEY",
            as_key,
            "the key before this one: pages that it signed count; remove it a day later",
        ),
    ] = field(default=b"", repr=False)
    host: Annotated[
        str,
        Variable("NHIP_HOST", as_text, "the address to listen on; with `0.0.0.0` (all) set `NHIP_ALLOWED_HOSTS` too"),
    ] = "127.0.0.1"
    port: Annotated[int, Variable("PORT", as_port, "the port to listen on")] = 8000
    trusted_proxies: Annotated[
        tuple[str, ...],
        Variable(
            "NHIP_TRUSTED_PROXIES",
            as_networks,
            "reverse proxies (addresses, networks, by commas) whose `X-Forwarded-For` is believed",
        ),
    ] = ()
    batch_rows: Annotated[
        int, Variable("NHIP_BATCH_ROWS", as_count, "rows that fill a batch, which is then inserted at once")
    ] = 50_000
    batch_seconds: Annotated[
        float,
        Variable("NHIP_BATCH_SECONDS", as_seconds, "seconds from one insert to the next while views come"),
    ] = 0.2
    raw_days: Annotated[
        int,
        Variable(
            "NHIP_RAW_DAYS",
            as_amount,
            "days that each event is kept, then by whole months its sums alone",
            shown="0: for ever",
        ),
    ] = 0
    refresh_seconds: Annotated[
        float, Variable("NHIP_REFRESH_SECONDS", as_seconds, "counters are read at most this often")
    ] = 0.4
    acknowledge_seconds: Annotated[
        float,
        Variable(
            "NHIP_ACKNOWLEDGE_SECONDS", as_seconds, "how long a view may wait to be durable; then it is answered 503"
        ),
    ] = 5.0
    front_ends: Annotated[
        tuple[str, ...],
        Variable(
            "NHIP_FRONT_ENDS",
            as_addresses,
            "front ends elsewhere, which read and count our pages: `https://app.example.vn`, by commas",
        ),
    ] = ()
    network_events_per_second: Annotated[
        int,
        Variable(
            "NHIP_NETWORK_EVENTS_PER_SECOND",
            as_amount,
            "events a second that an address (IPv6: /56) may send; 0: no limit",
        ),
    ] = 10
    network_events: Annotated[
        int, Variable("NHIP_NETWORK_EVENTS", as_count, "an address's events at once, after a pause; beyond both: 429")
    ] = 1_000
    network_page_views: Annotated[
        int,
        Variable(
            "NHIP_NETWORK_PAGE_VIEWS",
            as_amount,
            "an address's views of a page at once, and 1/s; more are suspect",
        ),
    ] = 300
    network_readers: Annotated[
        int,
        Variable(
            "NHIP_NETWORK_READERS",
            as_amount,
            "an address's new readers at once, and 1 in 2 s; more are suspect",
        ),
    ] = 300
    places_file: Annotated[
        Path | None,
        Variable(
            "NHIP_PLACES_FILE",
            as_file,
            "where networks are, with provinces: an MMDB such as GeoLite2-City",
            shown="none: countries alone",
        ),
    ] = None
    live_connections: Annotated[
        int, Variable("NHIP_LIVE_CONNECTIONS", as_count, "open live streams at most; further readers poll")
    ] = 2_000
    spool_megabytes: Annotated[
        int,
        Variable(
            "NHIP_SPOOL_MEGABYTES",
            as_count,
            "disk for views while Kafka is away; when it is full they are refused with 503",
        ),
    ] = 512
    member: Annotated[
        str,
        Variable(
            "NHIP_MEMBER",
            as_name,
            "a consumer's name in its group; after a restart it has its partitions back at once",
            shown="the host's name",
        ),
    ] = "embedded"
    health_port: Annotated[
        int, Variable("NHIP_HEALTH_PORT", as_port, "where a consumer answers `healthz`, `readyz` and `metrics`")
    ] = 8001
    given_probe_token: Annotated[
        str,
        Variable(
            "NHIP_PROBE_TOKEN",
            as_token,
            "shown by whoever asks `readyz` and `metrics`",
            shown="`python -m cms`: in `probe.token`; else none",
        ),
    ] = field(default="", repr=False)
    dead_letters_in_a_row: Annotated[
        int,
        Variable(
            "NHIP_DEAD_LETTERS_IN_A_ROW",
            as_count,
            "unreadable lines in a row at which a consumer stops: it is likely too old",
        ),
    ] = 1_000
    names: SiteNames = SiteNames()
    kafka: KafkaSettings | None = None
    kafka_passwords: KafkaPasswords = KafkaPasswords()
    clickhouse: ClickHouseSettings | None = None

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Read the variables documented in README. Raises ConfigurationError naming the one that is wrong."""
        return cls(
            **read_fields(cls, environ, member=socket.gethostname()),
            names=SiteNames.from_env(environ),
            kafka=_kafka(environ),
            kafka_passwords=KafkaPasswords.from_env(environ),
            clickhouse=_clickhouse(environ),
        )

    def servers(self) -> tuple[KafkaSettings, ClickHouseSettings]:
        """Kafka's and ClickHouse's, for a process that needs both. Raises ConfigurationError naming what is missing."""
        if self.kafka is None or self.clickhouse is None:
            missing = CLICKHOUSE if self.kafka else KAFKA
            raise ConfigurationError(
                f"{missing}: this process needs it; to run everything in one process, without servers: python -m cms",
                variable=missing,
            )
        return self.kafka, self.clickhouse

    def check_shared_key(self) -> None:
        """Collectors refuse pages that were signed with another key. Raises ConfigurationError when none is given."""
        if not self.given_key:
            raise ConfigurationError(
                "NHIP_BEACON_KEY: give all web processes and collectors the same: openssl rand -hex 32",
                variable="NHIP_BEACON_KEY",
            )

    @property
    def beacon_key(self) -> bytes:
        """Signs page tokens: the given key, else one that is made when first needed. Raises DataDirectoryError."""
        return self.given_key or read_or_create(self.data_dir / "beacon.key")

    @property
    def probe_token(self) -> str:
        """What ``readyz`` and ``metrics`` ask for in the one process, which the public reaches, if only through a proxy
        that knows nothing of them: the given one, else one that is made when first needed. Raises DataDirectoryError.
        """
        return self.given_probe_token or read_or_create(self.data_dir / "probe.token").hex()

    @property
    def believed_keys(self) -> tuple[bytes, ...]:
        """By which collectors believe a page: the key, and the one before it. Raises DataDirectoryError."""
        return tuple(filter(None, (self.beacon_key, self.key_before)))

    @property
    def site_database(self) -> Path:
        """The CMS database, where it is not a server's."""
        return self.data_dir / "cms.sqlite3"

    @property
    def media_dir(self) -> Path:
        """Pictures and documents that editors have uploaded."""
        return self.data_dir / "media"

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
    def restored_file(self) -> Path:
        """Says to the next start that the data directory comes from a backup."""
        return self.data_dir / "restored"

    @property
    def snapshot_file(self) -> Path:
        """The last counters read, shown while the engine does not answer."""
        return self.data_dir / "counters.json"


def _kafka(environ: Mapping[str, str]) -> KafkaSettings | None:
    if KAFKA not in environ:
        return None
    kafka = KafkaSettings(**read_fields(KafkaSettings, environ))
    if kafka.security_protocol.startswith("SASL") and not (kafka.username and kafka.password):
        raise ConfigurationError(
            f"NHIP_KAFKA_SECURITY_PROTOCOL={kafka.security_protocol}: "
            "set NHIP_KAFKA_USERNAME and NHIP_KAFKA_PASSWORD too",
            variable="NHIP_KAFKA_SECURITY_PROTOCOL",
        )
    if kafka.min_insync_replicas > kafka.replication:
        raise ConfigurationError(
            f"NHIP_KAFKA_MIN_INSYNC_REPLICAS={kafka.min_insync_replicas}: want at most NHIP_KAFKA_REPLICATION"
            f" ({kafka.replication}), else nothing can ever be written",
            variable="NHIP_KAFKA_MIN_INSYNC_REPLICAS",
        )
    return kafka


def _clickhouse(environ: Mapping[str, str]) -> ClickHouseSettings | None:
    if CLICKHOUSE not in environ:
        return None
    url = environ[CLICKHOUSE].strip()
    return ClickHouseSettings(**read_fields(ClickHouseSettings, environ, reader_url=url, migrator_url=url))
