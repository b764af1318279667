"""One answer of the site in memory: filled and compressed once for each state of its numbers, then sent as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any, NamedTuple

from cms.statistics.slots import Cut, Moment
from cms.web.encodings import Encoding, compress
from pipeline.process.http import NOT_MODIFIED, has_tag

Headers = Iterable[tuple[bytes, bytes]]

# They belong to the bytes that are sent, so that they are made for each of them.
OWN_HEADERS = frozenset({b"content-length", b"content-encoding", b"etag"})
OVERHEAD_BYTES = 2000


class Ready(NamedTuple):
    """The ASGI messages of one encoding. ``unchanged``: the answer to a reader who has ``etag`` already."""

    etag: bytes
    start: Mapping[str, Any]
    body: Mapping[str, Any]
    unchanged: Mapping[str, Any]


class Page:
    """``generation``: that of the content it was rendered from; ``made_at``: when, in seconds of the memory's clock.

    Used in the event loop's thread alone.
    """

    def __init__(self, cut: Cut, *, status: int, headers: Headers, generation: int, made_at: float) -> None:
        self.generation = generation
        self.made_at = made_at
        self.status = status
        self._cut = cut
        self._headers = [(name, value) for name, value in headers if name not in OWN_HEADERS]
        self._moment: Moment | None = None
        self._values: tuple[bytes, ...] | None = None
        self._ready: dict[Encoding, Ready] = {}
        self._kept_bytes = sum(map(len, cut.pieces)) + OVERHEAD_BYTES

    def is_known(self, ready: Ready, known: bytes) -> bool:
        """Whether a reader with these ETags has it already; a condition is for a page alone (RFC 9110 13.2.1)."""
        return self.status == 200 and bool(known) and has_tag(known, ready.etag)

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return self._kept_bytes + sum(len(ready.body["body"]) for ready in self._ready.values())

    def ready(self, encoding: Encoding, moment: Moment) -> Ready:
        self._turn_to(moment)
        ready = self._ready.get(encoding)
        if ready is None:
            ready = self._ready[encoding] = self._make_ready(encoding)
        return ready

    def _turn_to(self, moment: Moment) -> None:
        """Forget what was filled in if a value of this page has changed."""
        before = self._moment
        if before is not None and before.snapshot is moment.snapshot and before.stale == moment.stale:
            return
        self._moment = moment
        values = self._cut.values(moment)
        if values != self._values:
            self._values = values
            self._ready = {}

    def _make_ready(self, encoding: Encoding) -> Ready:
        filled = self._cut.fill(self._values or ())
        body = compress(filled, encoding)
        # A strong one, RFC 9110 8.8.1: the same for the same bytes in every process, another for each encoding.
        etag = f'"{blake2b(filled, digest_size=12).hexdigest()}-{encoding}"'.encode()
        headers = [*self._headers, (b"etag", etag)]
        encoded = [] if encoding == "identity" else [(b"content-encoding", encoding.encode())]
        length = (b"content-length", b"%d" % len(body))
        return Ready(
            etag=etag,
            start={
                "type": "http.response.start",
                "status": self.status,
                "headers": [*headers, *encoded, length],
            },
            body={"type": "http.response.body", "body": body},
            unchanged={
                "type": "http.response.start",
                "status": 304,
                "headers": [header for header in headers if header[0] in NOT_MODIFIED],
            },
        )
