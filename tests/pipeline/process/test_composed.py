"""An answer in one piece is the answer that uvicorn composes, on a real socket."""

from __future__ import annotations

import asyncio
import inspect
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
from asgi import Client
from patience import PATIENCE
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
from uvicorn.server import ServerState

from pipeline.process.composed import compose, send_composed
from pipeline.process.connections import Connection
from pipeline.process.http import Response, send_all

LARGE = 1_000_000
ANSWERS = {
    "/page": Response(200, "<p>Thi đua</p>".encode(), [(b"content-type", b"text/html"), (b"etag", b'"1"')]),
    "/unchanged": Response(304, headers=[(b"etag", b'"1"')]),
    "/missing": Response(404, b"no"),
    "/large": Response(200, LARGE * b"x"),
}


class Server:
    """Answers each path of ANSWERS composed, and under ``/uvicorn`` as uvicorn composes it."""

    def __init__(self) -> None:
        self.state = ServerState()
        self.state.default_headers = [(b"date", b"Sat, 28 Nov 2026 08:00:00 GMT")]
        self.port = 0
        self.most_waiting = 0  # bytes, of one connection

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"].removeprefix("/uvicorn")
        answer = compose(ANSWERS[path])
        if path == scope["path"]:
            await send_composed(answer, send)
        else:
            await send_all(answer.messages, send)
        for connection in self.state.connections:
            self.most_waiting = max(self.most_waiting, connection.transport.get_write_buffer_size())


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    serving = Server()
    config = uvicorn.Config(serving, http=Connection, ws="none", lifespan="off", log_config=None)
    listener = socket.create_server(("127.0.0.1", 0))
    serving.port = listener.getsockname()[1]
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(lambda: Connection(config, serving.state, {}), sock=listener)
    yield serving
    listening.close()
    for connection in list(serving.state.connections):
        connection.transport.abort()
    await asyncio.gather(*serving.state.tasks, return_exceptions=True)


async def hear(server: Server, said: bytes) -> bytes:
    """All that is answered until the server closes the connection, or the client has what it asked for."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(said + b"GET /uvicorn/missing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    async with asyncio.timeout(PATIENCE):
        heard = await reader.read()
    writer.close()
    return heard


@pytest.mark.parametrize("path", ["/page", "/unchanged", "/missing", "/large"])
@pytest.mark.parametrize(
    "request_as",
    [
        pytest.param("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n", id="GET"),
        pytest.param("HEAD {path} HTTP/1.1\r\nHost: x\r\n\r\n", id="HEAD"),
        pytest.param("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", id="the last on its connection"),
        pytest.param("GET {path} HTTP/1.0\r\n\r\n", id="HTTP/1.0"),
        pytest.param("GET {path} HTTP/1.1\r\nHost: x\r\n\r\nHEAD {path} HTTP/1.1\r\nHost: x\r\n\r\n", id="pipelined"),
        pytest.param(
            "POST {path} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi", id="with a body"
        ),
    ],
)
async def test_a_composed_answer_is_the_one_that_uvicorn_composes(server: Server, path: str, request_as: str) -> None:
    composed = await hear(server, request_as.format(path=path).encode())

    assert composed == await hear(server, request_as.format(path=f"/uvicorn{path}").encode())
    assert composed.startswith(b"HTTP/1.1 %d " % ANSWERS[path].status)


async def test_a_client_that_takes_nothing_fills_no_memory(server: Server) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1000)
    writer.write(50 * b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
    await asyncio.sleep(1.0)

    heard = 0
    async with asyncio.timeout(PATIENCE):
        while heard < 50 * LARGE:
            heard += len(await reader.read(1_000_000))
    writer.close()

    assert server.most_waiting < 5 * LARGE


async def test_under_another_server_it_goes_by_asgis_messages() -> None:
    client = Client()

    await send_composed(compose(ANSWERS["/page"]), client.send)

    assert (client.answer.status, client.answer.body) == (200, ANSWERS["/page"].body)


@pytest.mark.parametrize("value", [b"a\r\nSet-Cookie: b", b"a\nb", b"a\0"])
def test_a_field_ends_where_its_line_ends(value: bytes) -> None:
    with pytest.raises(ValueError, match="no field"):
        compose(Response(200, headers=[(b"x-title", value)]))


def test_uvicorn_still_has_what_a_composed_answer_depends_on() -> None:
    """If this fails after an upgrade: read uvicorn's httptools_impl.py again, mend ``_write`` and the names here.

    Without ``pipeline.process.composed`` everything works as before, and a page from memory takes half as long again.
    """
    cycle = inspect.getsource(RequestResponseCycle)
    for line in (
        "if self.flow.write_paused and not self.disconnected:",
        "self.waiting_for_100_continue = False",
        "headers = self.default_headers + list(",
        "if not self.keep_alive and not has_connection_close:",
        "self.response_complete = True\n                self.message_event.set()",
        "self.on_response()",
    ):
        assert line in cycle, line
