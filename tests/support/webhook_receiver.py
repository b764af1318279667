"""A receiver of webhooks, as a developer of a front end would write one: it verifies, then believes."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError


class Receiver:
    """``secret``: as the admin showed it. ``failing``: answers that it gives before it takes anything again: a status,
    ``slow`` for silence, ``redirect`` to itself."""

    def __init__(self, port: int = 0) -> None:
        self.secret = ""
        self.failing: list[int | str] = []
        self.taken: list[dict[str, Any]] = []
        self.refused: list[int | str] = []
        self.hosts: list[str] = []
        self.signatures: list[str] = []
        self.delay = 0.0
        self.at_work = 0  # messages that it has and has not answered
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._server.daemon_threads = True
        self._lock = threading.Lock()

    @property
    def port(self) -> int:
        return self._server.server_port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def wait_for(self, count: int, *, seconds: float) -> list[dict[str, Any]]:
        """What was taken, once it is ``count`` messages or more. Raises AssertionError."""
        deadline = time.monotonic() + seconds
        while len(self.taken) < count:
            assert time.monotonic() < deadline, f"{len(self.taken)} of {count} came: {self.taken}"
            time.sleep(0.05)
        return self.taken

    @contextmanager
    def _working(self) -> Iterator[None]:
        with self._lock:
            self.at_work += 1
        try:
            yield
        finally:
            with self._lock:
                self.at_work -= 1

    def _handler(receiver) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - the handler has a self of its own
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.hosts.append(self.headers["Host"])
                with receiver._lock:
                    fault = receiver.failing.pop(0) if receiver.failing else None
                with receiver._working():
                    time.sleep(receiver.delay)
                if fault is not None:
                    receiver.refused.append(fault)
                    self._fail(fault)
                    return
                try:
                    message = Webhook(receiver.secret).verify(body, dict(self.headers.items()))
                except WebhookVerificationError:
                    receiver.refused.append(401)
                    self._answer(401)
                    return
                with receiver._lock:
                    receiver.taken.append(message)
                    receiver.signatures.append(self.headers["webhook-signature"])
                self._answer(204)

            def do_GET(self) -> None:
                receiver.taken.append({"followed": self.path})
                self._answer(204)

            def _fail(self, fault: int | str) -> None:
                if fault == "slow":
                    with suppress(OSError):
                        self.connection.recv(1)  # until the sender gives up
                    self.close_connection = True
                elif fault == "redirect":
                    self._answer(302, location=f"{receiver.url}/elsewhere")
                else:
                    self._answer(int(fault))

            def _answer(self, status: int, *, location: str = "") -> None:
                self.send_response(status)
                self.send_header("Content-Length", "0")
                if location:
                    self.send_header("Location", location)
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                pass

            def handle(self) -> None:
                with suppress(ConnectionError, socket.timeout):
                    super().handle()

        return Handler

    def serve(self) -> None:
        self._server.serve_forever(poll_interval=0.05)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def receiving(port: int = 0) -> Iterator[Receiver]:
    """A receiver on a port of loopback while the block runs."""
    receiver = Receiver(port)
    thread = threading.Thread(target=receiver.serve, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.close()
        thread.join()
