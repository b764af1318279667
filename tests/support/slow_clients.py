"""Clients that send a byte now and then, or take a little now and then, on loopback only."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

SENDS_EVERY = 10.0
TAKES_EVERY = 1.0
TAKES_BYTES = 4096
AGAIN_SECONDS = 1.0


class SlowClients:
    """One connection for each of ``uploads`` and ``downloads``, and a new one when it is cut off. Use it as a context.

    ``uploads`` are the heads of requests whose bodies come a byte at a time. ``downloads`` are paths, read at some
    kilobytes a second.
    """

    def __init__(self, port: int, *, uploads: Sequence[bytes], downloads: Sequence[str]) -> None:
        self.answers: Counter[str] = Counter()  # by status; "" for a connection that ended without one
        self.taken = 0  # bytes
        self.under_way = 0  # connections
        self._port = port
        self._clients = [self._upload(head) for head in uploads] + [self._download(path) for path in downloads]
        self._stop: Callable[[], object] = lambda: None
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def __enter__(self) -> SlowClients:
        self._thread.start()
        self._started.wait()
        return self

    def __exit__(self, *_failure: object) -> None:
        self._stop()
        self._thread.join()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        tasks = [asyncio.create_task(self._repeat(client)) for client in self._clients]
        everything = asyncio.gather(*tasks, return_exceptions=True)
        self._stop = lambda: loop.call_soon_threadsafe(lambda: [task.cancel() for task in tasks])
        self._started.set()
        await everything

    async def _repeat(self, client: Callable[[socket.socket], Awaitable[bytes]]) -> None:
        while True:
            with socket.socket() as connection:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * TAKES_BYTES)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1460)  # as on a real network
                connection.setblocking(False)
                await self._once(connection, client)
            await asyncio.sleep(AGAIN_SECONDS)

    async def _once(self, connection: socket.socket, client: Callable[[socket.socket], Awaitable[bytes]]) -> None:
        answer = b""
        try:
            await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", self._port))
            self.under_way += 1
            try:
                answer = await client(connection)
            finally:
                self.under_way -= 1
        except OSError:
            pass
        self.answers[answer[9:12].decode()] += 1

    def _upload(self, head: bytes) -> Callable[[socket.socket], Awaitable[bytes]]:
        async def send(connection: socket.socket) -> bytes:
            loop = asyncio.get_running_loop()
            await loop.sock_sendall(connection, head)
            answer = asyncio.create_task(loop.sock_recv(connection, TAKES_BYTES))
            try:
                while not answer.done():
                    await loop.sock_sendall(connection, b"a")
                    await asyncio.wait([answer], timeout=SENDS_EVERY)
                return await answer
            finally:
                answer.cancel()

        return send

    def _download(self, path: str) -> Callable[[socket.socket], Awaitable[bytes]]:
        async def take(connection: socket.socket) -> bytes:
            loop = asyncio.get_running_loop()
            await loop.sock_sendall(connection, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
            first = b""
            while chunk := await loop.sock_recv(connection, TAKES_BYTES):
                first = first or chunk
                self.taken += len(chunk)
                await asyncio.sleep(TAKES_EVERY)
            return first

        return take
