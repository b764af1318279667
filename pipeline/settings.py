"""Configuration of the pipeline and its consumers, parsed once; the only reader of their environment variables."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import TypeVar

from pipeline.errors import ConfigurationError
from pipeline.keys import read_or_create

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One process's view of its environment. Make it with ``from_env``; tests may build it by hand."""

    data_dir: Path
    beacon_key: bytes = field(repr=False)
    host: str = "127.0.0.1"
    port: int = 8000
    trusted_proxies: tuple[str, ...] = ()
    batch_rows: int = 50_000
    batch_seconds: float = 0.2
    refresh_seconds: float = 0.4
    acknowledge_seconds: float = 5.0
    live_connections: int = 2_000

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Read the variables documented in README. Raises ConfigurationError naming the one that is wrong."""
        data_dir = _read(environ, "NHIP_DATA_DIR", _path, default="var")
        return cls(
            data_dir=data_dir,
            beacon_key=_read(environ, "NHIP_BEACON_KEY", _key, default="") or read_or_create(data_dir / "beacon.key"),
            host=_read(environ, "NHIP_HOST", _text, default="127.0.0.1"),
            port=_read(environ, "PORT", _port, default="8000"),
            trusted_proxies=_read(environ, "NHIP_TRUSTED_PROXIES", _networks, default=""),
            batch_rows=_read(environ, "NHIP_BATCH_ROWS", _positive_int, default="50000"),
            batch_seconds=_read(environ, "NHIP_BATCH_SECONDS", _positive_float, default="0.2"),
            refresh_seconds=_read(environ, "NHIP_REFRESH_SECONDS", _positive_float, default="0.4"),
            acknowledge_seconds=_read(environ, "NHIP_ACKNOWLEDGE_SECONDS", _positive_float, default="5"),
            live_connections=_read(environ, "NHIP_LIVE_CONNECTIONS", _positive_int, default="2000"),
        )

    @property
    def log_dir(self) -> Path:
        """The embedded event log."""
        return self.data_dir / "log"

    @property
    def engine_dir(self) -> Path:
        """chDB's data; one process at a time."""
        return self.data_dir / "clickhouse"

    @property
    def snapshot_file(self) -> Path:
        """The last counters read, shown while the engine does not answer."""
        return self.data_dir / "counters.json"


def _read(environ: Mapping[str, str], name: str, parse: Callable[[str], T], *, default: str) -> T:
    text = environ.get(name, default)
    if name in environ and not text.strip():
        raise ConfigurationError(f"{name} is set but empty; give it a value or unset it")
    try:
        return parse(text.strip())
    except ValueError as error:
        raise ConfigurationError(f"{name}={_shown(name, text)}: {error}") from error


def _shown(name: str, text: str) -> str:
    """A secret that is nearly right must not reach a log."""
    return "(hidden)" if name.endswith("_KEY") else repr(text)


def _path(text: str) -> Path:
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError as error:
        raise ValueError(str(error)) from error


def _text(text: str) -> str:
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
