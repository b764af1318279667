"""Where a view came from: the host alone, since paths and queries of other sites are not ours to keep.

A site has several names: those of the settings, that of its Wagtail site, which the page's token brings, and the one by
which the browser asked, as the request or a proxy says it. A name with ``www.`` is the same as without.
"""

from collections.abc import Sequence
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


class OwnNames(NamedTuple):
    """``settled``: names without ``www.``; ``below``: ends of names, with a dot.

    ``asked``: the hosts by which a request names the site, with a port or without. ``front_ends``: origins of other
    sites that show our pages.
    """

    settled: frozenset[str]
    below: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    front_ends: frozenset[str] = frozenset()

    def and_asked(self, hosts: Sequence[str]) -> "OwnNames":
        """Without hosts that are longer than any, which would fill a cache."""
        asked = tuple([host.partition("/")[0] for host in hosts if host and len(host) <= MAX_ORIGIN_CHARS])
        return OwnNames(self.settled, self.below, asked, self.front_ends)

    def have_front_end(self, page: str) -> bool:
        return bool(self.front_ends) and _origin_in(page).lower() in self.front_ends

    def have(self, host: str) -> bool:
        return bool(host) and (
            host in self.settled
            or (bool(self.below) and f".{host}".endswith(self.below))
            or host in map(_name_of, self.asked)
        )


def settle(hosts: Sequence[str], *, front_ends: Sequence[str] = ()) -> OwnNames:
    """The names in the settings, as Django's ALLOWED_HOSTS has them. ``*``, which is every host, names none."""
    below = tuple(host.lower() for host in hosts if host.startswith("."))
    elsewhere = frozenset(origin.lower() for origin in front_ends)
    return OwnNames(frozenset(map(_name_of, hosts)) - {"", "*"}, below, front_ends=elsewhere)


def origin_of(referrer: str, own: OwnNames) -> Origin:
    """The origin in a referrer, or in the header Origin, for the site of these names."""
    # The cache keeps scheme and host alone: a sender can make headers as long and as many as it likes.
    if own.have_front_end(referrer):
        return Origin(internal=True, source="")
    origin = _origin_in(referrer)
    return _compare(origin if len(origin) <= MAX_ORIGIN_CHARS else "", own)


def _origin_in(referrer: str) -> str:
    scheme, slashes, rest = referrer.partition("//")
    return f"{scheme}{slashes}{rest.partition('/')[0]}"


@lru_cache(maxsize=CACHED_ORIGINS)
def _compare(origin: str, own: OwnNames) -> Origin:
    host = _host(origin)
    return Origin(internal=True, source="") if own.have(host) else Origin(internal=False, source=host[:MAX_HOST_CHARS])


def _name_of(asked: str) -> str:
    return _host(f"//{asked.partition('/')[0]}") if len(asked) <= MAX_ORIGIN_CHARS else ""


@lru_cache(maxsize=CACHED_ORIGINS)
def _host(origin: str) -> str:
    """Without ``www.`` and port; empty if it is none."""
    try:
        host = urlsplit(origin).hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.") if host.isascii() and host.isprintable() else ""
