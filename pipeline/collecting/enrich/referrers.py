"""Where a view came from: the host alone, since paths and queries of other sites are none of ours."""

from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

MAX_HOST_CHARS = 100
MAX_ORIGIN_CHARS = 300
CACHED_ORIGINS = 4096


class Origin(NamedTuple):
    """``internal``: the reader came from a page of this very site. ``source``: the host of an outside referrer without
    ``www.``; empty for none, for nonsense and for the site itself."""

    internal: bool
    source: str


def origin_of(referrer: str, *, own_host: str) -> Origin:
    """What the referrer (or the Origin header) says to a site that is asked for as ``own_host``."""
    # Cached by scheme and host alone: a whole header can be as long, and as different, as its sender likes.
    scheme, slashes, rest = referrer.partition("//")
    return _compare(_cut(scheme + slashes + rest.partition("/")[0]), _cut(own_host))


@lru_cache(maxsize=CACHED_ORIGINS)
def _compare(referrer: str, own_host: str) -> Origin:
    host, own = _host(referrer), _host(f"//{own_host.partition('/')[0]}")
    if host == own:
        return Origin(internal=bool(host), source="")
    return Origin(internal=False, source=host.removeprefix("www.")[:MAX_HOST_CHARS])


def _cut(origin: str) -> str:
    return origin if len(origin) <= MAX_ORIGIN_CHARS else ""


def _host(origin: str) -> str:
    try:
        host = urlsplit(origin).hostname or ""
    except ValueError:
        return ""
    return host if host.isascii() and host.isprintable() else ""
