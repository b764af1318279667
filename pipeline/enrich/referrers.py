"""Where a view came from: the host alone, since paths and queries of other sites are none of ours."""

from functools import lru_cache
from urllib.parse import urlsplit

MAX_HOST_CHARS = 100
MAX_ORIGIN_CHARS = 300
CACHED_ORIGINS = 4096


def source_of(referrer: str, *, own_host: str) -> str:
    """Host of an outside referrer without ``www.``; empty for none, for nonsense and for the site itself."""
    host = _host(referrer)
    own = _host(f"//{own_host}")
    return "" if host == own else host.removeprefix("www.")[:MAX_HOST_CHARS]


def is_internal(referrer: str, *, own_host: str) -> bool:
    """Whether the reader came from a page of this very site."""
    host = _host(referrer)
    return bool(host) and host == _host(f"//{own_host}")


def _host(url: str) -> str:
    # Cached by scheme and host alone: a whole header can be as long, and as different, as its sender likes.
    scheme, slashes, rest = url.partition("//")
    origin = scheme + slashes + rest.partition("/")[0]
    return _host_of_origin(origin) if len(origin) <= MAX_ORIGIN_CHARS else ""


@lru_cache(maxsize=CACHED_ORIGINS)
def _host_of_origin(origin: str) -> str:
    try:
        host = urlsplit(origin).hostname or ""
    except ValueError:
        return ""
    return host if host.isascii() and host.isprintable() else ""
