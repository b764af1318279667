"""An environment variable: how its text is read, how nonsense is refused, and what README says of it.

The variables themselves are declared in ``pipeline/settings.py``, those of the site in ``cms/settings/variables.py``.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from ipaddress import ip_network
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, get_type_hints
from urllib.parse import urlsplit

from pipeline.errors import ConfigurationError

SECRETS = ("_KEY", "_PASSWORD", "_TOKEN", "_URL")

SHORTEST_TOKEN = 20

N = TypeVar("N", int, float)


@dataclass(frozen=True)
class Variable:
    """One variable. ``parse`` makes a value of its text, or raises ValueError with what it needs.

    ``unset``: the text that is parsed when the variable is not set, for a field without a default.
    ``shown``: README's words for the default, where the value itself does not say it.
    """

    name: str
    parse: Callable[[str], Any]
    meaning: str
    unset: str = ""
    shown: str = ""

    def text(self, environ: Mapping[str, str]) -> str:
        """Its text, empty if it is not set. Raises ConfigurationError if it is set but empty."""
        text = environ.get(self.name)
        if text is not None and not text.strip():
            message = f"{self.name} is set but empty; give it a value or unset it"
            raise ConfigurationError(message, variable=self.name)
        return text or ""

    def value(self, text: str) -> Any:
        """The value of ``text``. Raises ConfigurationError naming the variable."""
        try:
            return self.parse(text.strip())
        except ValueError as error:
            raise ConfigurationError(f"{self.name}={self._shown(text)}: {error}", variable=self.name) from error

    def _shown(self, text: str) -> str:
        """Hide secrets, even mistyped ones, from logs; a URL may hold one."""
        return "(hidden)" if self.name.endswith(SECRETS) else repr(text)


def declared(kind: type) -> dict[str, Variable]:
    """The variables of a settings class, by field: ``port: Annotated[int, Variable("PORT", …)] = 8000``."""
    return {
        field: variable
        for field, hint in get_type_hints(kind, include_extras=True).items()
        for variable in getattr(hint, "__metadata__", ())
    }


def read_fields(kind: type, environ: Mapping[str, str], **unset: str) -> dict[str, Any]:
    """The values of the fields whose variable is set, or has a text for when it is not (``unset`` wins).

    Raises ConfigurationError naming the variable that is empty or makes no sense.
    """
    values: dict[str, Any] = {}
    for field, variable in declared(kind).items():
        text = variable.text(environ) or unset.get(field) or variable.unset
        if text:
            values[field] = variable.value(text)
    return values


class Row(NamedTuple):
    """A variable's line in README, in Markdown."""

    name: str
    default: str
    meaning: str


def rows(kind: type) -> list[Row]:
    """README's lines for the variables of a settings class."""
    defaults = {field.name: field.default for field in fields(kind)}
    return [
        Row(variable.name, variable.shown or _in_markdown(defaults[field], variable.unset), variable.meaning)
        for field, variable in declared(kind).items()
    ]


def _in_markdown(default: Any, unset: str) -> str:
    value = unset if default is MISSING else default
    if isinstance(value, float):
        value = f"{value:g}"
    return f"`{value}`" if value else "none"


def as_text(text: str) -> str:
    return text


def as_path(text: str) -> Path:
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError as error:
        raise ValueError(str(error)) from error


def as_file(text: str) -> Path:
    path = as_path(text)
    if not path.is_file():
        raise ValueError("want a file that exists")
    return path


def as_name(text: str) -> str:
    if not all(character.isalnum() or character in "._-" for character in text):
        raise ValueError("want letters, digits, dots, underscores and hyphens")
    return text


def one_of(*names: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in names:
            raise ValueError(f"want one of {', '.join(names)}")
        return text

    return parse


def as_servers(text: str) -> tuple[str, ...]:
    """Comma-separated host:port."""
    servers = tuple(part.strip() for part in text.split(","))
    for server in servers:
        host, _, port = server.rpartition(":")
        if not host or not port.isdigit():
            raise ValueError("want host:port, several separated by commas, such as kafka-1:9092,kafka-2:9092")
    return servers


def as_networks(text: str) -> tuple[str, ...]:
    """Comma-separated addresses or networks."""
    networks = tuple(part.strip() for part in text.split(","))
    for network in networks:
        ip_network(network, strict=False)
    return networks


def as_address(text: str) -> str:
    """A site's address: scheme and host, perhaps a port."""
    parts = urlsplit(text.rstrip("/"))
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
        raise ValueError("want an address such as https://congthuong.example.gov.vn")
    return text.rstrip("/")


def as_addresses(text: str) -> tuple[str, ...]:
    """Comma-separated addresses of sites."""
    return tuple(map(as_address, filter(None, (part.strip() for part in text.split(",")))))


def as_hosts(text: str) -> tuple[str, ...]:
    """Comma-separated host names, as Django's ALLOWED_HOSTS has them."""
    return tuple(filter(None, (part.strip() for part in text.split(","))))


def as_clickhouse_url(text: str) -> str:
    parts = urlsplit(text)
    wants = "want a URL such as http://user:password@host:8123/nhip, or https:// with port 8443"
    if parts.scheme not in ("http", "https") or not parts.hostname or not parts.port or not parts.path.strip("/"):
        raise ValueError(wants)
    as_name(parts.path.strip("/"))
    return text


def as_key(text: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if not 16 <= len(key) <= 64:
        raise ValueError("want 16 to 64 bytes as hexadecimal, such as the output of: openssl rand -hex 32")
    return key


def as_token(text: str) -> str:
    if len(text) < SHORTEST_TOKEN or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError(
            f"want {SHORTEST_TOKEN} letters and digits or more, such as the output of: openssl rand -hex 32"
        )
    return text


def as_port(text: str) -> int:
    return _number(text, int, wants="want a port number from 1 to 65535", low=1, high=65_535)


def as_count(text: str) -> int:
    return _number(text, int, wants="want a whole number from 1 up", low=1, high=10**9)


def as_amount(text: str) -> int:
    return _number(text, int, wants="want a whole number from 0 up", low=0, high=10**9)


def as_seconds(text: str) -> float:
    return _number(text, float, wants="want a number of seconds above 0", low=0.001, high=86_400.0)


def _number(text: str, kind: type[N], *, wants: str, low: N, high: N) -> N:
    try:
        number = kind(text)
    except ValueError:
        raise ValueError(wants) from None
    if not low <= number <= high:
        raise ValueError(wants)
    return number
