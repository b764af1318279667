"""Where a view came from: the host alone, since paths and queries of other sites are not ours to keep."""

from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

MAX_HOST_CHARS = 100
MAX_ORIGIN_CHARS = 300
CACHED_ORIGINS = 4096


class Origin(NamedTuple):
    """``internal``: the reader came from a page of this site. ``source``: the host of another site, without ``www.``;
    empty for no referrer, for nonsense and for this site."""

    internal: bool
    source: str


def origin_of(referrer: str, *, own_host: str) -> Origin:
    """The origin in a referrer, for a site that the browser asked for as ``own_host``."""
    # The cache keeps scheme and host alone: a sender can make headers as long and as many as it likes.
    scheme, slashes, rest = referrer.partition("//")
    origin = f"{scheme}{slashes}{rest.partition('/')[0]}"
    if len(origin) > MAX_ORIGIN_CHARS:
        origin = ""
    return _compare(origin, own_host if len(own_host) <= MAX_ORIGIN_CHARS else "")


def is_own_origin(origin: str, *, own_host: str) -> bool:
    """Whether the header Origin, a scheme and a host, names the site that the browser asked for as ``own_host``."""
    if len(origin) > MAX_ORIGIN_CHARS or len(own_host) > MAX_ORIGIN_CHARS:
        return False
    return _compare(origin, own_host).internal


@lru_cache(maxsize=CACHED_ORIGINS)
def _compare(referrer: str, own_host: str) -> Origin:
    host, own = _host(referrer), _host(f"//{own_host.partition('/')[0]}")
    if host == own:
        return Origin(internal=bool(host), source="")
    return Origin(internal=False, source=host.removeprefix("www.")[:MAX_HOST_CHARS])


def _host(origin: str) -> str:
    try:
        host = urlsplit(origin).hostname or ""
    except ValueError:
        return ""
    return host if host.isascii() and host.isprintable() else ""
