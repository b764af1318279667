"""What a request asks for, if it may be answered from memory at all."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from cms.web.page_memory.encodings import Encoding, choose
from pipeline.process.http import Scope

LONGEST_QUERY = 1024

# They say how a reader came, and no page depends on them: the same link in a hundred campaigns is one page.
CAMPAIGN_FIELDS = frozenset(
    {"fbclid", "gad_source", "gbraid", "gclid", "igshid", "mc_cid", "mc_eid", "msclkid", "wbraid", "yclid", "zarsrc"}
)
CAMPAIGN_PREFIX = "utm_"


class Key(NamedTuple):
    """What a page depends on, beside the content of the site."""

    scheme: str
    host: bytes
    path: bytes
    query: bytes


class Asked(NamedTuple):
    """``known``: the ETags that the reader has, as the header If-None-Match has them."""

    key: Key
    encoding: Encoding
    known: bytes


class Questions:
    """``private_paths``: beginnings of paths that are answered to each reader apart. ``private_cookies``: the names of
    cookies by which the site knows who somebody is.
    """

    def __init__(self, *, private_paths: tuple[str, ...], private_cookies: tuple[str, ...]) -> None:
        self._private_paths = private_paths
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
                known = value
            elif name == b"authorization" or (
                name == b"cookie" and any(cookie in value for cookie in self._private_cookies)
            ):
                return None
        query = scope["query_string"]
        if query:
            if len(query) > LONGEST_QUERY:
                return None
            query = without_campaign(query)
        return Asked(Key(scope["scheme"], host, scope["raw_path"], query), choose(accepted), known)


def without_campaign(query: bytes) -> bytes:
    """The query without the fields of campaigns; as it was if it has none of them."""
    fields = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    kept = [field for field in fields if not _is_campaign(field[0])]
    return query if len(kept) == len(fields) else urlencode(kept).encode()


def _is_campaign(name: str) -> bool:
    return name in CAMPAIGN_FIELDS or name.startswith(CAMPAIGN_PREFIX)
