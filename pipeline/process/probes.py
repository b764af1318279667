"""Health over HTTP: as ASGI endpoints, or from a small server where the process has no other.

=====================  ===============================================================================================
``/_nhip/healthz``     200 while every part that must run does; 503 names what is stuck: restart the process
``/_nhip/readyz``      JSON, each dependency by name; 503 while one of them keeps the process from its work
``/_nhip/metrics``     Prometheus
=====================  ===============================================================================================

The last two are for operations. With a token they ask for it: `Authorization: Bearer …`, which Prometheus can send.
Where a request comes from says nothing, since a proxy on the same machine makes everybody a neighbour.
"""

import asyncio
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from hmac import compare_digest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from pipeline.errors import ConfigurationError
from pipeline.process.headers import DATA_FIELDS, EVERY
from pipeline.process.health import Answer, Health
from pipeline.process.http import NO_STORE, PREFIX, Application, Receive, Response, Scope, Send, respond

SILENCE_SECONDS = 10.0
LOOK_SECONDS = 0.1  # how often its server looks whether it is to end; the process waits for that

OPEN = ("healthz",)
WHO_ARE_YOU = Answer(
    401,
    "Authorization: Bearer <NHIP_PROBE_TOKEN>; hoặc · or <NHIP_DATA_DIR/probe.token>\n".encode(),
    "text/plain; charset=utf-8",
)
NO_SUCH_ENDPOINT = Answer(404, b"no such endpoint", "text/plain")


def probes(health: Health, *, threads: Executor | None = None, token: str = "") -> dict[str, Application]:
    """The endpoints by name. Checks that may wait for a server run in ``threads``, where given.

    ``token``: what the endpoints of operations ask for; empty where nobody but operations reaches them.

    Liveness is never asked there: the process lives, whatever a check of readiness waits for.
    """
    endpoints = {
        name: _endpoint(ask, threads=None if name == "healthz" else threads) for name, ask in _answers(health).items()
    }
    return {name: endpoint if name in OPEN else _guarded(endpoint, token) for name, endpoint in endpoints.items()}


@contextmanager
def serve_health(health: Health, port: int, *, host: str = "127.0.0.1", token: str = "") -> Iterator[int]:
    """Answer on ``port`` (0: a free one) in threads of its own while the block runs; yields the port.

    Raises ConfigurationError if the port can't be had.
    """
    try:
        server = ThreadingHTTPServer((host, port), _handler(health, token))
    except OSError as error:
        raise ConfigurationError(
            f"NHIP_HEALTH_PORT, NHIP_HOST: {host}:{port} can't be had ({os.strerror(error.errno or 0)}); "
            "stop what uses it, or choose another",
            variable="NHIP_HEALTH_PORT",
        ) from error
    thread = threading.Thread(target=server.serve_forever, args=(LOOK_SECONDS,), name="health", daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _answers(health: Health) -> dict[str, Callable[[], Answer]]:
    return {"healthz": health.healthz, "readyz": health.readyz, "metrics": health.metrics}


def _endpoint(ask: Callable[[], Answer], *, threads: Executor | None) -> Application:
    async def endpoint(_scope: Scope, _receive: Receive, send: Send) -> None:
        answer = await asyncio.get_running_loop().run_in_executor(threads, ask) if threads else ask()
        await respond(_response(answer), send)

    return endpoint


def _guarded(endpoint: Application, token: str) -> Application:
    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        shown = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        if _is_shown(shown, token):
            await endpoint(scope, receive, send)
        else:
            await respond(_response(WHO_ARE_YOU), send)

    return guarded


def _response(answer: Answer) -> Response:
    headers = [(b"content-type", answer.content_type.encode()), NO_STORE, *DATA_FIELDS]
    if answer is WHO_ARE_YOU:
        headers.append((b"www-authenticate", b"Bearer"))
    return Response(answer.status, answer.body, headers)


def _is_shown(header: bytes, token: str) -> bool:
    return not token or compare_digest(header, f"Bearer {token}".encode())


def _handler(health: Health, token: str) -> type[BaseHTTPRequestHandler]:
    answers = _answers(health)

    class Handler(BaseHTTPRequestHandler):
        timeout = SILENCE_SECONDS

        def do_GET(self) -> None:
            self._answer()

        def do_HEAD(self) -> None:
            self._answer()

        def log_message(self, *_line: object) -> None:
            """Nothing: probes come every few seconds."""

        def _answer(self) -> None:
            name = self.path.partition("?")[0].removeprefix(PREFIX)
            response = _response(self._ask(name))
            self.send_response(response.status)
            self.send_header("Content-Length", str(len(response.body)))
            for field, value in response.headers:
                self.send_header(field.decode(), value.decode())
            for field_of_all, value_of_all in EVERY.items():
                self.send_header(field_of_all, value_of_all)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(response.body)

        def _ask(self, name: str) -> Answer:
            if name not in answers:
                return NO_SUCH_ENDPOINT
            shown = self.headers.get("Authorization", "").encode(errors="replace")
            return answers[name]() if name in OPEN or _is_shown(shown, token) else WHO_ARE_YOU

    return Handler
