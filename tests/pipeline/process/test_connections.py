"""The limits of connections, on real sockets with a real uvicorn."""

from __future__ import annotations

import asyncio
import inspect
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
import uvloop
from patience import PATIENCE
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from pipeline.process import connections
from pipeline.process.connections import Connection
from pipeline.process.http import Response, read_body, respond

CUT_OFF = b""


class Answering:
    """Answers a body's length, ``/small`` with an early 413; ``/stream`` sends until its client has ``left``."""

    def __init__(self) -> None:
        self.left: list[Any] = []  # addresses

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/stream":
            await self._stream(scope, send)
        elif scope["path"] == "/small":
            await read_body(receive, limit=10)
            await respond(Response(413), send)
        else:
            body = await read_body(receive, limit=10**9)
            await respond(Response(200, b"%d" % len(body or b"")), send)

    async def _stream(self, scope: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        cycle = send.__self__
        while not cycle.disconnected:
            await send({"type": "http.response.body", "body": b"x" * 100_000, "more_body": True})
        self.left.append(scope["client"])


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.4)
    monkeypatch.setattr(connections, "BODY_SECONDS", 0.4)


@pytest.fixture
async def server(limits: None) -> AsyncIterator[tuple[str, int, Answering]]:
    async for server in serving():
        yield server


async def serving() -> AsyncIterator[tuple[str, int, Answering]]:
    application = Answering()
    config = uvicorn.Config(application, http=Connection, ws="none", lifespan="off", log_config=None)
    listener = socket.create_server(("127.0.0.1", 0))
    looking = asyncio.create_task(look(state := ServerState()))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(config, state, {}), sock=listener)
    yield *listener.getsockname(), application
    looking.cancel()
    server.close()
    for connection in list(state.connections):
        connection.transport.abort()
    await asyncio.sleep(0)
    for task in list(state.tasks):
        task.cancel()
    await asyncio.gather(*state.tasks, return_exceptions=True)


async def look(state: ServerState) -> None:
    while True:
        for connection in list(state.connections):
            connection.end_if_stuck(asyncio.get_running_loop().time())  # type: ignore[union-attr]
        await asyncio.sleep(0.1)


class Caller:
    """One connection to the server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def say(self, data: bytes, *, every: float = 0.0, steps: int = 1) -> None:
        """Send ``data``, in ``steps`` times with a pause after each; stops when it is cut off."""
        try:
            for _ in range(steps):
                self._writer.write(data)
                await self._writer.drain()
                await asyncio.sleep(every)
        except ConnectionError:
            pass

    async def hear(self) -> bytes:
        """What comes next; nothing if it was cut off."""
        try:
            return await asyncio.wait_for(self._reader.read(65_536), PATIENCE)
        except ConnectionError:
            return CUT_OFF

    def close(self) -> None:
        self._writer.transport.abort()


@pytest.fixture
async def caller(server: tuple[str, int, Answering]) -> AsyncIterator[Caller]:
    caller = Caller(*await asyncio.open_connection(*server[:2]))
    yield caller
    caller.close()


GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"


async def test_a_connection_that_says_nothing_is_cut_off(caller: Caller) -> None:
    assert await caller.hear() == CUT_OFF


@pytest.mark.parametrize(
    "before", [pytest.param(b"", id="the first"), pytest.param(GET, id="after an answered request")]
)
async def test_a_head_that_comes_byte_by_byte_is_cut_off(caller: Caller, before: bytes) -> None:
    if before:
        await caller.say(before)
        assert b"200 OK" in await caller.hear()
    await caller.say(b"GET / HTTP/1.1\r\nX: ")

    saying = asyncio.create_task(caller.say(b"a", every=0.05, steps=10_000))
    assert await caller.hear() == CUT_OFF
    saying.cancel()


@pytest.mark.parametrize(
    "before", [pytest.param(b"", id="the first"), pytest.param(b"GET /stream HTTP/1.1\r\n\r\n", id="behind a stream")]
)
async def test_a_head_without_end_is_cut_off(caller: Caller, before: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 10 * PATIENCE)
    await caller.say(before + b"GET / HTTP/1.1\r\n")

    saying = asyncio.create_task(caller.say(b"A: " + b"a" * 1000 + b"\r\n", steps=10**9))
    while await caller.hear() != CUT_OFF:
        pass
    saying.cancel()


CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
FIELD = b"X-%d: a\r\n"


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        pytest.param(b"GET / HTTP/1.1\r\n" + b"".join(FIELD % n for n in range(101)) + b"\r\n", 431, id="many fields"),
        pytest.param(b"GET / HTTP/1.1\r\nX: " + b"a" * 70_000 + b"\r\n\r\n", 431, id="a large field"),
        pytest.param(b"GET / HTTP/1.1\r\n" + (b"X: " + b"a" * 9_000 + b"\r\n") * 8, 431, id="large fields"),
        pytest.param(b"GET / HTTP/1.1\r\n" + b"X" * 70_000 + b": a\r\n\r\n", 431, id="a large name"),
        pytest.param(b"GET /" + b"a" * 17_000 + b" HTTP/1.1\r\n\r\n", 414, id="a long address"),
        pytest.param(
            CHUNKED + b"1\r\na\r\n0\r\n" + b"".join(FIELD % n for n in range(101)) + b"\r\n", 431, id="many trailers"
        ),
        pytest.param(b"no request\r\n\r\n", 400, id="no request at all"),
    ],
)
async def test_a_request_with_too_much_around_its_body_is_refused(
    caller: Caller, request_bytes: bytes, status: int
) -> None:
    await caller.say(request_bytes)

    answer = await caller.hear()
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b"connection: close" in answer
    assert await caller.hear() == CUT_OFF


TO_BE_CONTINUED = b"POST / HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    "lengths",
    [
        pytest.param(b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", id="a length and chunks"),
        pytest.param(b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", id="chunks and a length"),
        pytest.param(b"Content-Length: 3\r\nContent-Length: 9\r\n", id="two lengths"),
        pytest.param(b"Content-Length: +3\r\n", id="a length with a sign"),
        pytest.param(b"Transfer-Encoding: chunked, identity\r\n", id="an encoding after the chunks"),
    ],
)
async def test_a_request_whose_end_can_be_read_in_two_ways_is_refused(caller: Caller, lengths: bytes) -> None:
    await caller.say(TO_BE_CONTINUED + lengths + b"\r\n0\r\n\r\n" + GET)

    answers = b""
    while (heard := await caller.hear()) != CUT_OFF:
        answers += heard
    assert answers.startswith(b"HTTP/1.1 400 ")
    assert answers.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize(
    ("begun", "more"),
    [
        pytest.param(CHUNKED + b"1\r\na\r\n0\r\nX: ", b"a" * 10_000, id="a trailer without end"),
        pytest.param(CHUNKED + b"1;", b"a" * 10_000, id="an extension of a chunk without end"),
        pytest.param(CHUNKED, b"1;" + b"a" * 1_000 + b"\r\na\r\n", id="an extension with every chunk"),
        pytest.param(b"GET / HTTP/1.1\r\n", b"A: a\r\n", id="fields, one by one"),
        pytest.param(b"GET /", b"a" * 100, id="an address, little by little"),
    ],
)
async def test_a_request_that_goes_on_around_its_body_is_cut_off(
    caller: Caller, begun: bytes, more: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 10 * PATIENCE)
    monkeypatch.setattr(connections, "BODY_SECONDS", 10 * PATIENCE)
    await caller.say(begun)

    saying = asyncio.create_task(caller.say(more, every=0.001, steps=10**9))
    while await caller.hear() != CUT_OFF:
        pass
    saying.cancel()


@pytest.mark.parametrize(
    ("request_bytes", "end"),
    [
        pytest.param(CHUNKED + b"1\r\na\r\n" * 30_000 + b"0\r\n\r\n", b"30000", id="chunks of one byte"),
        pytest.param(CHUNKED + b"1\r\na\r\n0\r\nX-Sum: a\r\n\r\n", b"1", id="a trailer"),
        pytest.param(b"GET / HTTP/1.1\r\n" + b"".join(FIELD % n for n in range(99)) + b"\r\n", b"0", id="99 fields"),
        pytest.param(b"GET /?" + b"a" * 15_000 + b" HTTP/1.1\r\n\r\n", b"0", id="an address of 15 KB"),
    ],
)
async def test_a_request_within_the_limits_is_answered(caller: Caller, request_bytes: bytes, end: bytes) -> None:
    await caller.say(request_bytes)

    answer = await caller.hear()
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"\r\n\r\n" + end)


async def test_a_body_that_comes_byte_by_byte_is_cut_off(caller: Caller) -> None:
    await caller.say(POST % (b"/", 100_000))

    saying = asyncio.create_task(caller.say(b"a", every=0.05, steps=10_000))
    assert b" 408 " in await caller.hear()
    assert await caller.hear() == CUT_OFF
    saying.cancel()


@pytest.mark.slow
async def test_a_body_that_comes_steadily_is_waited_for(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "LEAST_BODY_BYTES", 1)
    monkeypatch.setattr(connections, "BODY_SECONDS", 2.0)
    await caller.say(POST % (b"/", 3000))

    saying = asyncio.create_task(caller.say(b"a" * 100, every=0.1, steps=30))
    assert (await caller.hear()).endswith(b"3000")
    await saying


async def test_the_rest_of_a_refused_body_does_not_count_as_a_head(caller: Caller) -> None:
    await caller.say(POST % (b"/small", 200_000) + b"a" * 1000)
    assert b"413" in await caller.hear()

    await caller.say(b"a" * 199_000)
    await caller.say(GET)
    assert b"200 OK" in await caller.hear()


async def test_a_request_that_the_application_takes_long_for_is_not_cut_off(caller: Caller) -> None:
    await caller.say(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")

    until = asyncio.get_running_loop().time() + 1.0  # more than twice the limits of a request
    while asyncio.get_running_loop().time() < until:
        assert await caller.hear() != CUT_OFF


@pytest.mark.slow
@pytest.mark.parametrize(
    "loop_of", [pytest.param(asyncio.new_event_loop, id="asyncio"), pytest.param(uvloop.new_event_loop, id="uvloop")]
)
def test_a_client_that_takes_nothing_is_cut_off_and_one_that_takes_little_is_not(
    limits: None, loop_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "TAKE_SECONDS", 3.0)

    async def run() -> None:
        async for host, port, application in serving():
            idle, slow = (ask_for_a_stream(host, port) for _ in range(2))
            reading = asyncio.create_task(take_little(slow))
            while not application.left:
                await asyncio.sleep(0.05)
            assert application.left == [idle.getsockname()]
            reading.cancel()
            idle.close()
            slow.close()

    with asyncio.Runner(loop_factory=loop_of) as runner:
        runner.run(asyncio.wait_for(run(), PATIENCE))


def ask_for_a_stream(host: str, port: int) -> socket.socket:
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1460)  # as on a real network; loopback has 64 KB
    client.connect((host, port))
    client.setblocking(False)
    client.sendall(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
    return client


async def take_little(client: socket.socket) -> None:
    while await asyncio.get_running_loop().sock_recv(client, 2000):
        await asyncio.sleep(0.05)


async def test_when_there_are_too_many_some_without_a_request_are_closed(
    server: tuple[str, int, Answering], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "most_connections", lambda: 20)
    callers = [Caller(*await asyncio.open_connection(*server[:2])) for _ in range(19)]
    streaming, idle = callers[:5], callers[5:]
    for caller in callers:
        path = b"/stream" if caller in streaming else b"/"
        await caller.say(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path)
        assert (await caller.hear()).startswith(b"HTTP/1.1 200 OK")

    for _ in range(3):
        callers.append(newcomer := Caller(*await asyncio.open_connection(*server[:2])))
        await newcomer.say(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await newcomer.hear()).startswith(b"HTTP/1.1 200 OK")

    assert await idle[0].hear() == CUT_OFF
    for caller in streaming:
        assert await caller.hear() != CUT_OFF
    for caller in callers:
        caller.close()


async def test_many_that_come_at_once_and_ask_nothing_leave_room_for_who_asks(
    server: tuple[str, int, Answering], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Descriptors are used up in milliseconds, and then no connection is made that could close others."""
    monkeypatch.setattr(connections, "most_connections", lambda: 20)
    reader = Caller(*await asyncio.open_connection(*server[:2]))
    await reader.say(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (await reader.hear()).startswith(b"HTTP/1.1 200 OK")

    idle = [await asyncio.open_connection(*server[:2]) for _ in range(200)]
    await asyncio.sleep(0)
    assert sum(not incoming.at_eof() for incoming, _ in idle) <= 60

    newcomer = Caller(*await asyncio.open_connection(*server[:2]))
    for asking in (newcomer, reader):  # who asked before, on the same connection, too
        await asking.say(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await asking.hear()).startswith(b"HTTP/1.1 200 OK")
    for caller in (reader, newcomer, *(Caller(*streams) for streams in idle)):
        caller.close()


def test_uvicorn_still_has_what_a_connection_depends_on() -> None:
    """If this fails after an upgrade: read uvicorn's httptools_impl.py again, mend ``Connection`` and the names here.

    If uvicorn now limits the time and the size of heads and bodies itself, remove ``Connection``.
    """
    assert {"connection_made", "data_received", "connection_lost"} <= set(vars(HttpToolsProtocol))
    protocol = inspect.getsource(HttpToolsProtocol)
    for line in (
        "self.scope: HTTPScope = None",
        "self.cycle: RequestResponseCycle = None",
        'self.scope["method"] = method',
        "self.cycle.more_body = False",
        "self.flow = FlowControl(transport)",
        "self.transport = transport",
        "self.loop =",
        "self.connections = server_state.connections",
        "self.timeout_keep_alive_task: TimerHandle | None = None",
    ):
        assert line in protocol, line
    cycle = inspect.getsource(RequestResponseCycle)
    for line in ("self.more_body = True", "self.response_started = True", "self.response_complete = True"):
        assert line in cycle, line
    assert "self.read_paused" in inspect.getsource(uvicorn.protocols.http.flow_control.FlowControl)  # type: ignore[attr-defined]
