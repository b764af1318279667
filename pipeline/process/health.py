"""Liveness, readiness and metrics of one process, for its own HTTP server or, where it has none, ``serve_health``.

=====================  ===============================================================================================
``/_nhip/healthz``     200 while every part that must run does; 503 names what is stuck, and the process wants a restart
``/_nhip/readyz``      JSON, each dependency by name; 503 while one of them keeps the process from its work
``/_nhip/metrics``     Prometheus
=====================  ===============================================================================================
"""

import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from pipeline.errors import ConfigurationError, PipelineError
from pipeline.metrics import REGISTRY

log = logging.getLogger(__name__)

PREFIX = "/_nhip/"
SILENCE_SECONDS = 10.0

Check = Callable[[], str | None]
"""What is wrong, or None; a ``Note`` says something and is not wrong."""


class Note(str):
    """A state that whoever looks should know of, and that keeps the process from nothing."""

    __slots__ = ()


class Answer(NamedTuple):
    status: int
    body: bytes
    content_type: str


class Health:
    """``alive``: parts that must run; ``ready``: dependencies. Asked anew for each answer, from any thread."""

    def __init__(self, *, alive: Mapping[str, Check], ready: Mapping[str, Check]) -> None:
        self._alive = alive
        self._ready = ready

    def healthz(self) -> Answer:
        wrong = [f"{name}: {state}" for name, state in _ask(self._alive).items() if _is_wrong(state)]
        return Answer(503 if wrong else 200, "\n".join(wrong or ["ok"]).encode(), "text/plain; charset=utf-8")

    def readyz(self) -> Answer:
        states = _ask(self._ready)
        wrong = any(map(_is_wrong, states.values()))
        shown = {name: str(state or "ok") for name, state in states.items()}
        return Answer(503 if wrong else 200, msgspec.json.encode(shown), "application/json")

    def metrics(self) -> Answer:
        return Answer(200, generate_latest(REGISTRY), CONTENT_TYPE_LATEST)


@contextmanager
def serve_health(health: Health, port: int, *, host: str = "127.0.0.1") -> Iterator[int]:
    """Answer on ``port`` (0: a free one) in threads of its own while the block runs; yields the port.

    Raises ConfigurationError when it can't be had.
    """
    try:
        server = ThreadingHTTPServer((host, port), _handler(health))
    except OSError as error:
        raise ConfigurationError(
            f"NHIP_HEALTH_PORT, NHIP_HOST: {host}:{port} can't be had ({os.strerror(error.errno or 0)}); "
            "stop what uses it, or choose another"
        ) from error
    thread = threading.Thread(target=server.serve_forever, name="health", daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _ask(checks: Mapping[str, Check]) -> dict[str, str | None]:
    return {name: _state(name, check) for name, check in checks.items()}


def _state(name: str, check: Check) -> str | None:
    try:
        return check()
    except PipelineError as error:
        return str(error)
    except Exception as error:
        log.exception("the check of %s failed", name)
        return repr(error)


def _is_wrong(state: str | None) -> bool:
    return state is not None and not isinstance(state, Note)


def _handler(health: Health) -> type[BaseHTTPRequestHandler]:
    answers = {"healthz": health.healthz, "readyz": health.readyz, "metrics": health.metrics}

    class Handler(BaseHTTPRequestHandler):
        timeout = SILENCE_SECONDS

        def do_GET(self) -> None:
            self._answer()

        def do_HEAD(self) -> None:
            self._answer()

        def log_message(self, *_line: object) -> None:
            """Probes come every few seconds; nobody wants a line for each."""

        def _answer(self) -> None:
            answer = answers.get(self.path.partition("?")[0].removeprefix(PREFIX))
            status, body, content_type = answer() if answer else Answer(404, b"no such endpoint", "text/plain")
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

    return Handler
