"""An ASGI application asked without a server: what it is told, and what it answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.process.http import Application


def scope_of(path: str, *, method: str = "GET", query: bytes = b"", **headers: str) -> dict[str, Any]:
    """The scope of a request; an underscore in the name of a header stands for a hyphen."""
    return {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(errors="surrogatepass"),
        "root_path": "",
        "query_string": query,
        "headers": [(name.replace("_", "-").lower().encode(), value.encode()) for name, value in headers.items()],
        "server": ("127.0.0.1", 8000),
        "client": ("198.51.100.7", 50_000),
    }


@dataclass
class Answer:
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    chunks: int = 0
    complete: bool = False


@dataclass
class Client:
    """Sends ``chunks`` with a ``pause`` (seconds) before each; with ``leaves`` it has gone after the last of them."""

    chunks: Iterable[bytes] = (b"",)
    pause: float = 0.0
    leaves: bool = False
    answer: Answer = field(default_factory=Answer)
    read: int = 0

    def __post_init__(self) -> None:
        self._coming = self._messages()
        self._answered = asyncio.Event()

    async def receive(self) -> Mapping[str, Any]:
        async for message in self._coming:
            self.read += len(message["body"])
            return message
        if not self.leaves:
            await self._answered.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Mapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.answer.status = message["status"]
            self.answer.headers = {name.decode(): value.decode("latin-1") for name, value in message["headers"]}
        else:
            self.answer.body += message["body"]
            self.answer.chunks += 1
            self.answer.complete = not message.get("more_body", False)
            if self.answer.complete:
                self._answered.set()

    async def _messages(self) -> AsyncIterator[dict[str, Any]]:
        chunks = list(self.chunks)
        for number, chunk in enumerate(chunks, start=1):
            if self.pause:
                await asyncio.sleep(self.pause)
            more = self.leaves or number < len(chunks)
            yield {"type": "http.request", "body": chunk, "more_body": more}


async def ask(application: Application, scope: dict[str, Any], client: Client | None = None) -> Answer:
    client = client or Client()
    await application(scope, client.receive, client.send)
    return client.answer
