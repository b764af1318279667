"""One answer of the site in memory: filled and compressed once for each state of its numbers, then sent as it is."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import NamedTuple

from cms.statistics.slots import Cut, Moment
from cms.web.encodings import Encoding, compress
from pipeline.process.composed import Composed, compose
from pipeline.process.http import NOT_MODIFIED, Response, has_tag

Headers = Iterable[tuple[bytes, bytes]]

# They belong to the bytes that are sent, so that they are made for each of them.
OWN_HEADERS = frozenset({b"content-length", b"content-encoding", b"etag"})
OVERHEAD_BYTES = 2000


class Ready(NamedTuple):
    """The answer in one encoding. ``unchanged``: the one to a reader who has ``etag`` already."""

    etag: bytes
    whole: Composed
    unchanged: Composed


class Page:
    """``generation``: that of the content it was rendered from; ``made_at``: when, in seconds of the memory's clock.
    ``size``: about how many bytes it takes.

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
        self._cut_bytes = sum(map(len, cut.pieces)) + OVERHEAD_BYTES
        self.size = self._cut_bytes

    def is_known(self, ready: Ready, known: bytes) -> bool:
        """Whether a reader with these ETags has it already; a condition is for a page alone (RFC 9110 13.2.1)."""
        return self.status == 200 and bool(known) and has_tag(known, ready.etag)

    def ready(self, encoding: Encoding, moment: Moment) -> Ready:
        self._turn_to(moment)
        ready = self._ready.get(encoding)
        if ready is None:
            ready = self._ready[encoding] = self._make_ready(encoding)
            self.size += len(ready.whole.body)
        return ready

    def _turn_to(self, moment: Moment) -> None:
        """Forget what was filled in if a value of this page has changed."""
        before = self._moment
        if before is not None and before.snapshot is moment.snapshot and before[1:] == moment[1:]:
            return
        self._moment = moment
        values = self._cut.values(moment)
        if values != self._values:
            self._values = values
            self._ready = {}
            self.size = self._cut_bytes

    def _make_ready(self, encoding: Encoding) -> Ready:
        filled = self._cut.fill(self._values or ())
        body = compress(filled, encoding)
        # A strong one, RFC 9110 8.8.1: the same for the same bytes in every process, another for each encoding.
        etag = f'"{blake2b(filled, digest_size=12).hexdigest()}-{encoding}"'.encode()
        headers = [*self._headers, (b"etag", etag)]
        encoded = [] if encoding == "identity" else [(b"content-encoding", encoding.encode())]
        return Ready(
            etag=etag,
            whole=compose(Response(self.status, body, [*headers, *encoded])),
            unchanged=compose(Response(304, headers=[header for header in headers if header[0] in NOT_MODIFIED])),
        )
