"""What a request asks for, if it may be answered from memory at all."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from django.http.request import split_domain_port, validate_host

from cms.web.encodings import Encoding, choose
from pipeline.process.http import Scope

# Longer ones are no page's: Django says what they are, and nothing is kept of them.
LONGEST_HOST = 260
LONGEST_PATH = 2000
LONGEST_QUERY = 1024
KEPT_QUERIES = 512

# They say how a reader came, and no page depends on them: the same link in a hundred campaigns is one page.
CAMPAIGN_FIELDS = frozenset(
    {"fbclid", "gad_source", "gbraid", "gclid", "igshid", "mc_cid", "mc_eid", "msclkid", "wbraid", "yclid", "zarsrc"}
)
CAMPAIGN_PREFIX = "utm_"

# Headers of a request that says who sends it, or that brings a body.
PERSONAL = frozenset({b"authorization", b"content-length", b"transfer-encoding"})


class Key(NamedTuple):
    """What a page depends on, beside the content of the site."""

    scheme: str
    host: bytes
    path: bytes
    query: bytes


class Asked(NamedTuple):
    """``known``: the ETags that the reader has, as the header If-None-Match has them. ``campaign``: whether the key's
    query is without a field that the reader's has.
    """

    key: Key
    encoding: Encoding
    known: bytes
    campaign: bool = False


class Questions:
    """``private_paths``: beginnings of paths that are answered to each reader apart. ``private_cookies``: the names of
    cookies by which the site knows who somebody is. ``hosts``: as Django's ALLOWED_HOSTS.
    """

    def __init__(
        self, *, private_paths: tuple[str, ...], private_cookies: tuple[str, ...], hosts: Sequence[str]
    ) -> None:
        self._private_paths = private_paths
        self._hosts = list(hosts)
        self._is_own = lru_cache(maxsize=64)(self._is_own_host)
        self._private_cookies = tuple(f"{name}=".encode() for name in private_cookies)

    def read(self, scope: Scope) -> Asked | None:
        """None if the request is for Django alone."""
        if scope["method"] not in ("GET", "HEAD") or scope["path"].startswith(self._private_paths):
            return None
        host = accepted = known = b""
        for name, value in scope["headers"]:
            if name == b"host":
                host = value
            elif name == b"accept-encoding":
                accepted = value
            elif name == b"if-none-match":
                known += b"," + value
            elif name in PERSONAL or (name == b"cookie" and any(cookie in value for cookie in self._private_cookies)):
                return None
        path, query = scope["raw_path"], scope["query_string"]
        if len(host) > LONGEST_HOST or len(path) > LONGEST_PATH or len(query) > LONGEST_QUERY or not self._is_own(host):
            return None
        kept = without_campaign(query) if query else query
        return Asked(Key(scope["scheme"], host, path, kept), choose(accepted), known, campaign=kept != query)

    def _is_own_host(self, host: bytes) -> bool:
        domain, _port = split_domain_port(host.decode("latin-1"))
        return bool(domain) and validate_host(domain, self._hosts)


@lru_cache(maxsize=KEPT_QUERIES)
def without_campaign(query: bytes) -> bytes:
    """The query without the fields of campaigns; as it was if it has none of them."""
    fields = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    kept = [field for field in fields if not _is_campaign(field[0])]
    return query if len(kept) == len(fields) else urlencode(kept).encode()


def _is_campaign(name: str) -> bool:
    return name in CAMPAIGN_FIELDS or name.startswith(CAMPAIGN_PREFIX)
