"""HTTP connections that nobody can keep open for nothing.

=====================  ===============================================================================================
a request's head       must be whole within ``HEAD_SECONDS``
its fields             at most ``MOST_FIELDS`` of ``HEAD_BYTES`` in all, those after a body (trailers) too; else 431
its address            at most ``URL_BYTES``; else 414
what is not the body   among a body's bytes (sizes and extensions of chunks, trailers): ``AROUND_BODY_BYTES``, else 431
a request's body       must bring ``LEAST_BODY_BYTES`` every ``BODY_SECONDS``; the application may be stricter
between requests       ``IDLE_SECONDS``
an answer, a stream    the client must take something of what waits for it within ``TAKE_SECONDS``
all connections        as many as descriptors allow; beyond that, some without a request under way are closed
=====================  ===============================================================================================

Whoever is too slow is cut off. A client that does all of this in a moment costs nothing.

Most of what waits for a client waits in the kernel, so the kernel is asked what the client has taken. Its own time-out
(TCP_USER_TIMEOUT) would not do: it ends a reader of some kilobytes a second too, whose window is closed for most of the
time (Linux 6.18, measured).
"""

import asyncio
import fcntl
import socket
import struct
import termios
from asyncio.events import TimerHandle
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from pipeline.process.descriptors import RESERVED, limit

HEAD_SECONDS = 10.0
HEAD_BYTES = 64 * 1024
URL_BYTES = 16 * 1024
MOST_FIELDS = 100
# Beside this, some bytes around each byte of a body: a sender may make chunks of one byte. One read of uvloop, of
# up to 256 KB, may hold requests before this one.
AROUND_BODY_BYTES = 512 * 1024
AROUND_EACH_BYTE = 8
BODY_SECONDS = 30.0
LEAST_BODY_BYTES = 5_000
IDLE_SECONDS = 5  # uvicorn's own; the proxy closes its connections sooner, so that no request meets a closing one
TAKE_SECONDS = 30.0
# An answer, since a proxy would take a connection that is closed without one for a failure of this process.
TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
TOO_LARGE = 431
TOO_LONG = 414
# From one search for idle connections to the next, for each connection that there may be: a search takes a tenth of it.
ROOM_SECONDS = 5e-6
LOOK_SECONDS = 5.0  # how often ``end_if_stuck`` is asked


def most_connections() -> int:
    """They leave half of the reserve for files and servers."""
    return max(10, limit() - RESERVED // 2)


class Connection(HttpToolsProtocol):
    """uvicorn's connection with limits for requests.

    uvicorn 0.54 has one limit, ``timeout_keep_alive``. It holds only between requests: not for a connection that never
    sends anything, and the first byte of a head ends it. For heads and bodies it has none, neither of time nor of size,
    and neither has httptools. So this class depends on uvicorn's inside, which a test names: ``scope`` (new with the
    first byte of a head, with ``method`` once the head is whole), ``cycle`` (the request that was begun last) with
    ``response_started``, ``response_complete`` and ``more_body``, ``send_400_response`` for what its parser refuses,
    be it because a callback raised, ``flow.read_paused``, ``loop``, ``transport``,
    ``connections`` and ``timeout_keep_alive_task``.
    Remove it when uvicorn has these limits itself.
    """

    room_made_at = float("-inf")  # of all connections, by the loop's clock
    _waits_for: str | None = None
    _timer: TimerHandle | None = None
    _received = 0  # of what it waits for, since the timer began
    _taken = -1
    _taken_at = 0.0
    _refused = 400  # with what, once the parser refuses
    _fields = 0
    _field_bytes = 0
    _raw_bytes = 0  # of a message whose body is coming
    _body_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for("head")
        if len(self.connections) > most_connections():
            self._make_room()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        missing = self._missing()
        if missing != self._waits_for:
            self._wait_for(missing)
        if missing is not None:
            self._received += len(data)
            if missing == "head" and self._received > HEAD_BYTES:
                self._refuse(TOO_LARGE)
        self._raw_bytes = self._raw_bytes + len(data) if missing in ("body", "rest") else 0
        if self._raw_bytes - self._body_bytes > AROUND_BODY_BYTES + AROUND_EACH_BYTE * self._body_bytes:
            self._refuse(TOO_LARGE)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._fields = self._field_bytes = self._raw_bytes = self._body_bytes = 0

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._check(len(self.url) <= URL_BYTES, TOO_LONG)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._fields += 1
        self._field_bytes += len(name) + len(value)
        self._check(self._fields <= MOST_FIELDS and self._field_bytes <= HEAD_BYTES, TOO_LARGE)
        super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        super().on_body(body)

    def _check(self, holds: bool, status: int) -> None:
        """What a callback raises ends the parsing: uvicorn then asks for ``send_400_response``."""
        if not holds:
            self._refused = status
            raise ValueError(f"refused with {status}")

    def send_400_response(self, msg: str) -> None:
        self._refuse(self._refused, msg)

    def _refuse(self, status: int, words: str = "") -> None:
        """Answer and close; without an answer where that of an earlier request is under way."""
        if self.transport.is_closing():
            return
        begun = self.cycle is not None and not self.cycle.response_complete
        if begun and (self.cycle.response_started or self.cycle.scope is not self.scope):
            self.transport.abort()
            return
        reason = words if status == HTTPStatus.BAD_REQUEST else HTTPStatus(status).phrase
        head = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode()]
        head += [b"%s: %s\r\n" % field for field in self.server_state.default_headers]
        head.append(b"content-type: text/plain; charset=utf-8\r\ncache-control: no-store\r\n")
        head.append(b"content-length: %d\r\nconnection: close\r\n\r\n%s" % (len(reason), reason.encode()))
        self.transport.write(b"".join(head))
        self.transport.close()
        if begun:
            self.cycle.disconnected = True  # so that it writes nothing after this

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._wait_for(None)

    def end_if_stuck(self, now: float) -> None:
        """Cut the client off if something has waited for it for ``TAKE_SECONDS`` and it has taken nothing."""
        taken = _bytes_taken(self.transport)
        if taken is None or taken != self._taken:
            self._taken, self._taken_at = -1 if taken is None else taken, now
        elif now - self._taken_at >= TAKE_SECONDS:
            self.transport.abort()

    def _make_room(self) -> None:
        """Close a tenth of those without a request under way: those that never had one, then those that would be
        closed soonest anyway.

        New ones can come by the hundred in a millisecond, and once descriptors are used up none is made any more.
        """
        now = self.loop.time()
        if now - Connection.room_made_at < ROOM_SECONDS * most_connections():
            return
        Connection.room_made_at = now
        others = [one for one in self.connections if isinstance(one, Connection) and one is not self]
        waiting = sorted((one for one in others if one.is_waiting), key=lambda one: (one.has_asked, one.closes_at()))
        for one in waiting[: max(10, len(self.connections) // 10)]:
            one.transport.close()

    @property
    def has_asked(self) -> bool:
        return self.cycle is not None

    @property
    def is_waiting(self) -> bool:
        """Whether no request is under way."""
        return self.cycle is None or bool(self.cycle.response_complete)

    def closes_at(self) -> float:
        """When it is closed if no request comes, by the loop's clock."""
        timer = self.timeout_keep_alive_task or self._timer
        return timer.when() if timer else float("inf")

    def _missing(self) -> str | None:
        """What is still to come: nothing (None), a ``head``, a ``body``, or the ``rest`` of one that is answered."""
        if self.scope is None or "method" not in self.scope:
            return "head"
        if self.cycle.response_complete:
            return "rest"
        return "body" if self.cycle.more_body else None

    def _wait_for(self, missing: str | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._waits_for = missing
        self._received = 0
        if missing is not None:
            self._timer = self.loop.call_later(BODY_SECONDS if missing == "body" else HEAD_SECONDS, self._judge)

    def _judge(self) -> None:
        missing = self._missing()
        brought = self._received >= LEAST_BODY_BYTES or self.flow.read_paused  # paused: we are slow, not the client
        if missing != self._waits_for or (missing == "body" and brought):
            self._wait_for(missing)
            return
        if missing == "body" and not self.cycle.response_started:
            self.transport.write(TOO_SLOW)
        self.transport.close()


def _bytes_taken(transport: asyncio.Transport) -> int | None:
    """How much of what was sent the client's system has acknowledged, as Linux counts it; None if nothing waits.

    Elsewhere it is the negative number of bytes that wait in this process.
    """
    here = transport.get_write_buffer_size()
    if not hasattr(socket, "TCP_INFO"):
        return -here or None
    connection = transport.get_extra_info("socket")
    if connection is None or connection.fileno() < 0:
        return None
    waiting = fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, bytes(4))
    if not here and not any(waiting):
        return None
    return int(struct.unpack_from("Q", connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 128), 120)[0])
