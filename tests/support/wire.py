"""A TCP proxy with the faults of real ones: it holds live streams back, loses connections silently, or is slow."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from typing import Self

CHUNK = 65_536
STREAM = b"GET /_nhip/live"
CONNECT_SECONDS = 60.0


class Wire:
    """Passes bytes between browsers and the server on ``port``.

    ``holds_streams``: of a live stream's answer nothing comes through, as from a proxy that buffers until the end.
    ``delay``: seconds that every piece of an answer takes longer.
    """

    def __init__(self, port: int) -> None:
        self.holds_streams = False
        self.delay = 0.0
        self._server = port
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = int(self._listener.getsockname()[1])
        self.base_url = f"http://127.0.0.1:{self.port}"
        self._connections: list[_Connection] = []
        self._ended = False

    def lose(self) -> None:
        """From now on nothing passes on the connections that are open, and neither side is told: no FIN, no RST."""
        for connection in self._connections:
            connection.lost = True

    @property
    def streams(self) -> int:
        """The live streams that are open."""
        return sum(connection.streams for connection in self._connections)

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, name="wire", daemon=True).start()
        return self

    def __exit__(self, *_failure: object) -> None:
        self._ended = True
        self._listener.close()
        for connection in self._connections:
            connection.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                browser, _address = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._server), timeout=CONNECT_SECONDS)
                server.settimeout(None)
                connection = _Connection(self, browser, server)
                self._connections.append(connection)
                connection.start()


class _Connection:
    def __init__(self, wire: Wire, browser: socket.socket, server: socket.socket) -> None:
        self.lost = False
        self._wire = wire
        self._browser = browser
        self._server = server
        self.streams = False

    def start(self) -> None:
        for work in (self._ask, self._answer):
            threading.Thread(target=work, name="wire", daemon=True).start()

    def close(self) -> None:
        self.streams = False
        for end in (self._browser, self._server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _ask(self) -> None:
        with suppress(OSError):
            while data := self._browser.recv(CHUNK):
                self.streams = data.startswith(STREAM)
                if not self.lost:
                    self._server.sendall(data)
        if not self.lost:
            self.close()

    def _answer(self) -> None:
        with suppress(OSError):
            while data := self._server.recv(CHUNK):
                time.sleep(self._wire.delay)
                if not (self.lost or (self.streams and self._wire.holds_streams)):
                    self._browser.sendall(data)
        if not self.lost:
            self.close()
